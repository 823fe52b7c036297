/* Choosing a symbol: argmax, temperature, top-k and top-p on a small distribution. */
#include "random.h"
#include "sampler.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { SYMBOLS = 5, DRAWS = 20000 };
static const double p[SYMBOLS] = { 0.1, 0.35, 0.0, 0.35, 0.2 };

static void assert_shares(struct sampling s, const double want[SYMBOLS])
{
    double scratch[2 * SYMBOLS];
    int counts[SYMBOLS] = { 0 };
    for (uint64_t i = 0; i < DRAWS; i++)
        counts[sampler_pick(&s, p, SYMBOLS, random_uniform(1, 1, i), scratch)]++;
    for (int i = 0; i < SYMBOLS; i++) {
        double error = 5 * sqrt(want[i] * (1 - want[i]) / DRAWS);
        assert_true(fabs((double)counts[i] / DRAWS - want[i]) <= error);
    }
}

static void argmax_takes_the_first_of_equals(void **state)
{
    (void)state;
    assert_shares((struct sampling){ .temperature = 0, .top_p = 1 }, (double[]){ 0, 1, 0, 0, 0 });
}

static void temperature(void **state)
{
    (void)state;
    assert_shares((struct sampling){ .temperature = 1, .top_p = 1 }, p);
    /* T = 1/2 squares the probabilities: 0.01, 0.1225, 0, 0.1225, 0.04 of 0.295 */
    assert_shares((struct sampling){ .temperature = 0.5, .top_p = 1 },
                  (double[]){ 0.01 / 0.295, 0.1225 / 0.295, 0, 0.1225 / 0.295, 0.04 / 0.295 });
    /* Very hot: all that is possible at all is equally likely. */
    assert_shares((struct sampling){ .temperature = 1e6, .top_p = 1 },
                  (double[]){ 0.25, 0.25, 0, 0.25, 0.25 });
    assert_shares((struct sampling){ .temperature = 1e-6, .top_p = 1 },
                  (double[]){ 0, 0.5, 0, 0.5, 0 });
}

static void cuts(void **state)
{
    (void)state;
    assert_shares((struct sampling){ .temperature = 1, .top_k = 1, .top_p = 1 },
                  (double[]){ 0, 1, 0, 0, 0 });
    assert_shares((struct sampling){ .temperature = 1, .top_k = 2, .top_p = 1 },
                  (double[]){ 0, 0.5, 0, 0.5, 0 });
    assert_shares((struct sampling){ .temperature = 1, .top_k = 99, .top_p = 1 }, p);
    assert_shares((struct sampling){ .temperature = 1, .top_p = 0.3 }, (double[]){ 0, 1, 0, 0, 0 });
    assert_shares((struct sampling){ .temperature = 1, .top_p = 0.8 },
                  (double[]){ 0, 0.35 / 0.9, 0, 0.35 / 0.9, 0.2 / 0.9 });
    /* Of the three likeliest, half: one of the two equals, the first. */
    assert_shares((struct sampling){ .temperature = 1, .top_k = 3, .top_p = 0.38 },
                  (double[]){ 0, 1, 0, 0, 0 });
}

/* u close to 1 never ends on a symbol of probability 0, whatever the rounding. */
static void impossible_symbols_stay_so(void **state)
{
    (void)state;
    static const double q[] = { 0.3, 0.7, 0 };
    double scratch[6];
    const struct sampling s = { .temperature = 1, .top_p = 1 };
    assert_int_equal(sampler_pick(&s, q, 3, 1 - 0x1p-53, scratch), 1);
    assert_int_equal(sampler_pick(&s, q, 3, 0, scratch), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(argmax_takes_the_first_of_equals),
        cmocka_unit_test(temperature),
        cmocka_unit_test(cuts),
        cmocka_unit_test(impossible_symbols_stay_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
