/* Philox against the answers that Random123 publishes; the numbers made from it against their
 * distributions. */
#include "random.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void philox_known_answers(void **state)
{
    (void)state;
    static const struct {
        uint32_t key[2], counter[4], out[4];
    } cases[] = {
        { { 0, 0 }, { 0, 0, 0, 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
        { { 0xffffffff, 0xffffffff },
          { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff },
          { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
        { { 0xa4093822, 0x299f31d0 },
          { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 },
          { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t out[4];
        philox(cases[i].key, cases[i].counter, out);
        assert_memory_equal(out, cases[i].out, sizeof out);
    }
}

/* Mean and variance of n numbers lie within 5 standard errors; `fourth` is the central fourth
 * moment. */
static void assert_moments(double (*draw)(uint32_t, uint32_t, uint64_t), double mean,
                           double variance, double fourth)
{
    enum { N = 200000 };
    double sum = 0, squares = 0;
    for (uint64_t i = 0; i < N; i++) {
        double x = draw(1, 2, i);
        sum += x;
        squares += (x - mean) * (x - mean);
    }
    assert_true(fabs(sum / N - mean) < 5 * sqrt(variance / N));
    assert_true(fabs(squares / N - variance) < 5 * sqrt((fourth - variance * variance) / N));
}

static void distributions(void **state)
{
    (void)state;
    assert_moments(random_uniform, 0.5, 1.0 / 12, 1.0 / 80);
    assert_moments(random_normal, 0, 1, 3);
    for (uint64_t i = 0; i < 10000; i++) {
        double u = random_uniform(7, 3, i << 30);
        assert_true(u >= 0 && u < 1);
    }
    assert_true(random_uniform(1, 2, 3) == random_uniform(1, 2, 3));
    assert_true(random_uniform(1, 2, 3) != random_uniform(2, 2, 3));
    assert_true(random_uniform(1, 2, 3) != random_uniform(1, 3, 3));
    assert_true(random_uniform(1, 2, 3) != random_uniform(1, 2, UINT64_C(3) << 32));
}

static void permutations(void **state)
{
    (void)state;
    enum { N = 1000 };
    uint32_t a[N], b[N];
    int seen[N] = { 0 };
    random_permutation(1, 1, a, N);
    for (int i = 0; i < N; i++)
        seen[a[i]]++;
    for (int i = 0; i < N; i++)
        assert_int_equal(seen[i], 1);
    random_permutation(1, 1, b, N);
    assert_memory_equal(a, b, sizeof a);
    random_permutation(1, 2, b, N);
    assert_memory_not_equal(a, b, sizeof a);
    random_permutation(2, 1, b, N);
    assert_memory_not_equal(a, b, sizeof a);
    random_permutation(1, 1, a, 0);
    random_permutation(1, 1, a, 1);
    assert_int_equal(a[0], 0);

    /* All 6 orders of 3 come up about equally often: chi-squared with 5 degrees of freedom, 99.99 %
     * below 25.7. */
    int counts[27] = { 0 };
    for (uint32_t epoch = 0; epoch < 6000; epoch++) {
        random_permutation(9, epoch, a, 3);
        counts[a[0] * 9 + a[1] * 3 + a[2]]++;
    }
    double chi = 0;
    for (int i = 0; i < 27; i++)
        chi += counts[i] ? (counts[i] - 1000.0) * (counts[i] - 1000.0) / 1000 : 0;
    assert_true(chi < 25.7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_known_answers),
        cmocka_unit_test(distributions),
        cmocka_unit_test(permutations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
