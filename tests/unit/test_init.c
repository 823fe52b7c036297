/* Initial values against what Keras's initialisers promise, and products against plain loops. */
#include "init.h"
#include "products.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static double *values_of(const struct lstmc_tensor *t, uint32_t seed)
{
    int64_t n = 1;
    for (int i = 0; i < t->rank; i++)
        n *= t->dims[i];
    double *values = calloc((size_t)n, sizeof *values);
    assert_non_null(values);
    assert_int_equal(init_tensor(t, seed, values), 0);
    return values;
}

static struct lstmc_tensor matrix(int64_t rows, int64_t columns, const struct lstmc_init *init)
{
    return (struct lstmc_tensor){ "m", 2, 1, { rows, columns }, init, NULL, NULL };
}

static void slices_of_a_bias(void **state)
{
    (void)state;
    static const struct lstmc_init inits[] = { { LSTMC_ZEROS, 0, 0, 0, 5, 0 },
                                               { LSTMC_ONES, 0, 0, 5, 10, 0 },
                                               { LSTMC_CONSTANT, 0.25, 0, 10, 20, 0 } };
    const struct lstmc_tensor bias = { "b", 1, 3, { 20 }, inits, NULL, NULL };
    double *b = values_of(&bias, 1);
    for (int i = 0; i < 20; i++)
        assert_true(b[i] == (i < 5 ? 0 : i < 10 ? 1 : 0.25));
    free(b);
}

/* U(+-sqrt(6 / (fan_in + fan_out))) with the fans of the whole tensor: 0.0707 for the tutorial's
 * (1, 1200). */
static void glorot_uniform(void **state)
{
    (void)state;
    static const struct lstmc_init init[] = { { LSTMC_GLOROT_UNIFORM, 0, 0, 0, 1200, 7 } };
    const struct lstmc_tensor t = matrix(1, 1200, init);
    double *w = values_of(&t, 1), *again = values_of(&t, 1), *other = values_of(&t, 2);
    double limit = sqrt(6.0 / 1201), most = 0, sum = 0;
    for (int i = 0; i < 1200; i++) {
        assert_true(fabs(w[i]) <= limit);
        most = fmax(most, fabs(w[i]));
        sum += w[i] * w[i];
    }
    assert_true(most > 0.99 * limit);
    assert_true(fabs(sum / 1200 - limit * limit / 3) < 0.05 * limit * limit);
    assert_memory_equal(w, again, 1200 * sizeof *w);
    assert_memory_not_equal(w, other, 1200 * sizeof *w);
    free(w);
    free(again);
    free(other);
}

static void normal_and_uniform(void **state)
{
    (void)state;
    static const struct lstmc_init normal[] = { { LSTMC_NORMAL, 3, 0.05, 0, 100, 7 } };
    static const struct lstmc_init uniform[] = { { LSTMC_UNIFORM, -0.05, 0.05, 0, 100, 7 } };
    const struct lstmc_tensor n = matrix(100, 100, normal), u = matrix(100, 100, uniform);
    double *a = values_of(&n, 1), *b = values_of(&u, 1), mean = 0, square = 0;
    for (int i = 0; i < 10000; i++) {
        mean += a[i] / 10000;
        square += (a[i] - 3) * (a[i] - 3) / 10000;
        assert_true(b[i] >= -0.05 && b[i] < 0.05);
    }
    assert_true(fabs(mean - 3) < 0.0025 && fabs(sqrt(square) - 0.05) < 0.0018);
    free(a);
    free(b);
}

/* The rows (or columns) are orthonormal times the gain. */
static void check_orthogonal(int rows, int columns, double gain)
{
    const struct lstmc_init init[] = { { LSTMC_ORTHOGONAL, gain, 0, 0, columns, 3 } };
    const struct lstmc_tensor t = matrix(rows, columns, init);
    double *w = values_of(&t, 1);
    int thin = rows < columns ? rows : columns, tall = rows < columns ? columns : rows;
    for (int p = 0; p < thin; p++)
        for (int q = 0; q < thin; q++) {
            double dot = 0;
            for (int k = 0; k < tall; k++)
                dot += rows < columns ? w[p * columns + k] * w[q * columns + k]
                                      : w[k * columns + p] * w[k * columns + q];
            assert_true(fabs(dot - (p == q ? gain * gain : 0)) < 1e-12);
        }
    free(w);
}

static void orthogonal(void **state)
{
    (void)state;
    check_orthogonal(300, 1200, 1);
    check_orthogonal(1, 4, 1);
    check_orthogonal(1, 1, 1);
    check_orthogonal(40, 7, 1.5);
    check_orthogonal(13, 13, 1);
}

/* Without the sign fix the diagonal of Q would be biased: LAPACK's R has negative diagonals mostly.
 * With it the first element of a 1 x 1 matrix is +1 or -1, each about half of the time. */
static void orthogonal_has_both_signs(void **state)
{
    (void)state;
    int positive = 0;
    for (uint32_t seed = 0; seed < 400; seed++) {
        const struct lstmc_init init[] = { { LSTMC_ORTHOGONAL, 1, 0, 0, 2, 3 } };
        const struct lstmc_tensor t = matrix(2, 2, init);
        double *w = values_of(&t, seed);
        positive += w[0] > 0;
        free(w);
    }
    assert_true(positive > 150 && positive < 250);
}

static void products_of_all_transposes(void **state)
{
    (void)state;
    enum { M = 5, N = 7, K = 3, WIDE = 9 };
    double a[WIDE * WIDE], b[WIDE * WIDE], c[WIDE * WIDE];
    float fa[WIDE * WIDE], fb[WIDE * WIDE], fc[WIDE * WIDE];
    assert_null(products_prepare(1));
    for (int i = 0; i < WIDE * WIDE; i++) {
        fa[i] = (float)(a[i] = i % 7 - 3);
        fb[i] = (float)(b[i] = i % 5 - 2);
    }
    for (int ta = 0; ta < 2; ta++)
        for (int tb = 0; tb < 2; tb++) {
            lstmc_product_f64(ta, tb, M, N, K, a, WIDE, b, WIDE, c, WIDE);
            lstmc_product_f32(ta, tb, M, N, K, fa, WIDE, fb, WIDE, fc, WIDE);
            for (int i = 0; i < M; i++)
                for (int j = 0; j < N; j++) {
                    double sum = 0;
                    for (int k = 0; k < K; k++)
                        sum += a[ta ? k * WIDE + i : i * WIDE + k] *
                               b[tb ? j * WIDE + k : k * WIDE + j];
                    assert_true(c[i * WIDE + j] == sum);
                    assert_true((double)fc[i * WIDE + j] == sum);
                }
        }
    assert_non_null(strstr(products_name(), "OpenBLAS "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_of_a_bias),          cmocka_unit_test(glorot_uniform),
        cmocka_unit_test(normal_and_uniform),        cmocka_unit_test(orthogonal),
        cmocka_unit_test(orthogonal_has_both_signs), cmocka_unit_test(products_of_all_transposes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
