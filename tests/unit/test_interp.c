/* The interpreter that other tests trust: each operation on numbers worked out by hand, and the faults of
 * a plan that it is there to show. */
#include "interp.h"
#include "random.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct interp *make(struct arena *a, const char *text)
{
    struct module *m = module_read(a, "test.ir", text, strlen(text));
    assert_non_null(m);
    struct interp *in = interp_new(m, "p");
    assert_non_null(in);
    return in;
}

/* x = 1, 2, 3, ... */
static void count_up(struct interp *in)
{
    int64_t n;
    double *x = interp_input(in, "x", &n);
    for (int64_t i = 0; x && i < n; i++)
        x[i] = (double)(i + 1);
}

static void assert_values(const double *x, int64_t n, const char *expected)
{
    char *rest;
    for (int64_t i = 0; i < n; i++, expected = rest) {
        double want = strtod(expected, &rest);
        assert_ptr_not_equal(rest, expected);
        assert_true(fabs(x[i] - want) < 1e-9);
    }
    assert_int_equal(*expected, '\0');
}

/* ---- operations ------------------------------------------------------------------------------- */

/* x [2,3] = 1..6, u [2,3,2] = 1..12, i = 2, 0, 1, 2; y is the result. */
static const struct {
    const char *body, *expected;
} operations[] = {
    { "%9:f[2,3] = sub %0, $w", "0 0 0 3 3 3" },
    { "%9:f[2,3,2] = add %2, $c", "101 102 203 204 305 306 107 108 209 210 311 312" },
    { "%8:d[] = const {value=2}\n%9:f[2,3] = pow %0, %8", "1 4 9 16 25 36" },
    { "%9:f[1,3] = neg $w", "-1 -2 -3" },
    { "%8:f[2,3] = sqrt %0\n%9:f[2,3] = mul %8, %8", "1 2 3 4 5 6" },
    { "%7:f[2,3] = log %0\n%9:f[2,3] = exp %7", "1 2 3 4 5 6" },
    { "%8:f[1,3] = sigmoid $w\n%9:f[1,3] = div $w, %8",
      "1.367879441171442 2.270670566473225 3.149361205103592" },
    { "%9:f[1,3] = tanh $w", "0.761594155955765 0.964027580075817 0.995054753686730" },
    { "%8:f[1,3] = const {value=2}\n%7:f[1,3] = sub $w, %8\n%9:f[1,3] = sign %7", "-1 0 1" },
    { "%8:f[1,3] = const {value=-2}\n%9:f[1,3] = abs %8", "2 2 2" },
    { "%8:f[1,1] = const {value=2}\n%9:f[1,3] = max $w, %8", "2 2 3" },
    { "%8:f[1,1] = const {value=2}\n%9:f[1,3] = min $w, %8", "1 2 2" },
    { "%8:d[] = const {value=2}\n%7:b[1,3] = lt $w, %8\n%9:f[2,3] = select %7, %0, $w",
      "1 2 3 4 2 3" },
    { "%8:d[] = const {value=2}\n%7:b[1,3] = le $w, %8\n%9:f[2,3] = select %7, %0, $w",
      "1 2 3 4 5 3" },
    { "%7:b[4,1] = eq %1, %1\n%8:b[4,3] = onehot %1 {width=3}\n%6:d[] = const {value=7}\n"
      "%9:f[4,3] = select %8, $w, %6",
      "7 7 3 1 7 7 7 2 7 7 7 3" },
    { "%9:f[2,3] = expand $w", "1 2 3 1 2 3" },
    { "%9:f[2,3] = stop %0", "1 2 3 4 5 6" },
    { "%9:f[1,3] = rows %0 {start=1 stop=2}", "4 5 6" },
    { "%9:f[1,3,2] = rows %2 {start=1 stop=2}", "7 8 9 10 11 12" },
    { "%9:f[2,2] = cols %0 {start=1 stop=3}", "2 3 5 6" },
    { "%9:f[3,2] = reshape %0", "1 2 3 4 5 6" },
    { "%9:f[3,3] = concat %0, $w {axis=0}", "1 2 3 4 5 6 1 2 3" },
    { "%8:f[2,1] = cols %0 {start=2 stop=3}\n%9:f[2,4] = concat %8, %0 {axis=1}",
      "3 1 2 3 6 4 5 6" },
    { "%8:f[1,3,2] = rows %2 {start=0 stop=1}\n%9:f[3,3,2] = concat %2, %8 {axis=0}",
      "1 2 3 4 5 6 7 8 9 10 11 12 1 2 3 4 5 6" },
    { "%9:f[1,3] = sum %0 {axis=0}", "5 7 9" },
    { "%9:f[2,1] = sum %0 {axis=1}", "6 15" },
    { "%9:f[2,1,2] = sum %2 {axis=1}", "9 12 27 30" },
    { "%9:f[2,3,1] = reduce_max %2 {axis=2}", "2 4 6 8 10 12" },
    { "%9:f[1,3] = reduce_max %0 {axis=0}", "4 5 6" },
    { "%8:f[2,3] = min %0, $w\n%9:i[2,1] = argmax %8", "2 2" },
    { "%8:f[1,1] = const {value=2}\n%7:f[1,3] = max $w, %8\n%6:f[1,2] = cols %7 {start=0 stop=2}\n"
      "%9:i[1,1] = argmax %6",
      "0" },
    { "%9:f[2,2] = matmul %0, %0 {tb}", "14 32 32 77" },
    { "%9:f[3,3] = matmul %0, %0 {ta}", "17 22 27 22 29 36 27 36 45" },
    { "%8:f[3,2] = reshape %0\n%9:f[2,2] = matmul %0, %8", "22 28 49 64" },
    { "%8:f[3,2] = reshape %0\n%9:f[3,3] = matmul %0, %8 {ta tb}", "9 19 29 12 26 40 15 33 51" },
    { "%9:f[3,2] = transpose %0", "1 4 2 5 3 6" },
    { "%8:f[3,2] = reshape %0\n%9:f[4,2] = gather %8, %1", "5 6 1 2 3 4 5 6" },
    { "%8:f[4,3] = reshape %2\n%9:f[3,3] = scatter %8, %1 {rows=3}", "4 5 6 7 8 9 11 13 15" },
    { "%8:f[4,3] = reshape %2\n%9:f[4,1] = pick %8, %1", "3 4 8 12" },
    { "%8:f[3,2]:1x16 = pack %0 {ta}\n%9:f[2,2] = matmul %0, %8", "14 32 32 77" },
    { "%9:b[2,3] = bernoulli {stream=1 t=0 p=1}", "1 1 1 1 1 1" },
    { "%9:b[2,3] = bernoulli {stream=1 t=0 p=0}", "0 0 0 0 0 0" },
    /* a kernel: the product of each row with w^T, then elementwise, broadcast to the space */
    { "%9:f[2,3] = call @k(%0, $w)", "15 16 17 33 34 35" },
    /* and one of two parts, x [w' w'] less the other way round */
    { "%7:f[3,1] = reshape $w\n%8:f[3,2] = concat %7, $c {axis=1}\n%6:f[3,2]:2x16 = pack %8\n"
      "%9:f[2,1] = call @parts(%0, %6)",
      "1386 3168" },
};

static const char operations_head[] =
    "model t float32\nparam $w f[1,3]\nparam $c f[3,1]\n"
    "kernel @k f[2,3] {\n"
    "param %0:f[2,3]\nparam %1:f[1,3]\n%4:f[2,1] = matmul %0, %1 {tb}\n"
    "%5:f[2,3] = add %4, %1\nreturn %5\n}\n"
    "kernel @parts f[2,1] {\n"
    "param %0:f[2,3]\nparam %1:f[3,2]:2x16\n%2:f[2,2] = matmul %0, %1\n"
    "%3:f[2,1] = cols %2 {start=0 stop=1}\n%4:f[2,1] = cols %2 {start=1 stop=2}\n"
    "%5:f[2,1] = sub %4, %3\nreturn %5\n}\n"
    "program p {\n%0:f[2,3] = input {name=x}\n%1:i[4,1] = input {name=i}\n"
    "%2:f[2,3,2] = input {name=u}\n";

static void operation(size_t k)
{
    struct arena *a = arena_new();
    const char *result = strchr(strstr(operations[k].body, "%9:"), ' ');
    assert_non_null(result);
    struct interp *in =
        make(a, arena_printf(a, "lstmc-ir 1 %s\n%s%s\nresult %%9 {name=r}\n}\nend\n",
                             strstr(operations[k].body, "pack") ? "opt" : "grad", operations_head,
                             operations[k].body));
    count_up(in);
    for (int i = 0; i < 12; i++)
        interp_input(in, "u", NULL)[i] = i + 1;
    for (int i = 0; i < 4; i++)
        interp_input(in, "i", NULL)[i] = (const int[]){ 2, 0, 1, 2 }[i];
    for (int i = 0; i < 3; i++) {
        interp_tensor(in, "w", NULL)[i] = i + 1;
        interp_tensor(in, "c", NULL)[i] = 100 * (i + 1);
    }
    assert_true(interp_run(in, (struct interp_mode){ 0 }));
    int64_t n;
    const double *x = interp_result(in, "r", &n);
    assert_values(x, n, operations[k].expected);
    interp_free(in);
    arena_free(a);
}

static void operations_by_hand(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof operations / sizeof *operations; k++)
        operation(k);
}

/* Against the runtime's generator: two programs of the same published function. */
static void random_bits(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct interp *in = make(a, "lstmc-ir 1 grad\nmodel t float32\nprogram p {\n"
                                "%0:b[9,5] = bernoulli {stream=7 t=3 p=0x1.6666666666666p-1}\n"
                                "result %0 {name=r}\n}\nend\n");
    interp_fill(in, 11, 13);
    assert_true(interp_run(in, (struct interp_mode){ 0 }));
    const double *bits = interp_result(in, "r", NULL);
    for (uint32_t r = 0; r < 9; r++)
        for (uint32_t c = 0; c < 5; c++) {
            uint32_t out[4];
            philox((const uint32_t[]){ 11, 7 }, (const uint32_t[]){ 13, 3, r / 4, c }, out);
            bool bit = out[r % 4] >= 1288490189u; /* 0.3 * 2^32, rounded */
            assert_true(bits[r * 5 + c] == bit);
        }
    interp_free(in);
    arena_free(a);
}

static void effects(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct interp *in = make(a, "lstmc-ir 1 grad\nmodel t float32\nhyper rate 0x1p-1\n"
                                "param $w f[2]\nstate $m f[2]\nprogram p {\n"
                                "%0:f[2] = input {name=x}\n%1:d[] = input {name=rate}\n"
                                "%2:d[] = input {name=update}\n%3:d[] = mul %1, %2\n"
                                "%4:f[2] = mul %0, %3\n%5:f[2] = add %4, $w\ncheck %5 {name=w}\n"
                                "result %4 {name=step}\nassign $w, %5\n}\nend\n");
    count_up(in);
    double *w = interp_tensor(in, "w", NULL), *m = interp_tensor(in, "m", NULL);
    assert_true(fabs(w[0]) < 0.2 && m[0] >= 0 && m[1] >= 0);
    w[0] = 10, w[1] = 20;
    assert_true(interp_run(in, (struct interp_mode){ 0 }));
    assert_values(w, 2, "10.5 21");
    assert_true(interp_run(in, (struct interp_mode){ 0 })); /* a second update */
    assert_values(w, 2, "11 22");
    assert_values(interp_result(in, "step", NULL), 2, "0.5 1");
    assert_string_equal(interp_outputs(in)[0], "$w");
    assert_string_equal(interp_outputs(in)[1], "step");
    assert_null(interp_outputs(in)[2]);
    assert_null(interp_result(in, "none", NULL));
    interp_free(in);
    arena_free(a);
}

static void indices_out_of_range(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct interp *in = make(a, "lstmc-ir 1 grad\nmodel t float32\nparam $w f[2,3]\nprogram p {\n"
                                "%0:i[1,1] = input {name=x}\n%1:f[1,3] = gather $w, %0\n"
                                "result %1 {name=r}\n}\nend\n");
    *interp_input(in, "x", NULL) = 2;
    assert_false(interp_run(in, (struct interp_mode){ 0 }));
    interp_free(in);
    arena_free(a);
}

/* ---- plans ------------------------------------------------------------------------------------ */

/* y = x + x, then z = sum of y along the columns, each in two blocks of rows; the sum of a block reads
 * the rows of that block only, so no barrier is needed before it, but one is before the product, which
 * reads all of z. */
static const char plan[] =
    "lstmc-ir 1 plan\nmodel t %s\n"
    "kernel @k f[4,2] {\nparam %%0:f[4,2]\n%%1:f[4,2] = add %%0, %%0\n"
    "%%2:b[4,2] = lt %%0, %%1\nreturn %%1, %%2\n}\n"
    "kernel @s f[4,2] {\nparam %%0:b[4,2]\nparam %%1:f[4,2]\n"
    "%%3:f[1,1] = const {value=0}\n%%2:f[4,2] = select %%0, %%1, %%3\nreturn %%2\n}\n"
    "program p {\n"
    "%%0:f[4,2] in work+0:2 = input {name=x}\n"
    "%%1:f[4,2] in work+64:2, %%5:b[4,2] in work+256:1 = call @k(%%0) on "
    "rows 4x1\n"
    "%%6:f[4,2] in work+%d:2 = call @s(%%5, %%1) on rows 4x1\n"
    "%%2:f[4,1] in work+128:1 = sum %%6 {axis=1} on rows 4x1\n"
    "%s"
    "%%3:f[4,4] in work+%d:4 = matmul %%2, %%2 {tb} on rows 4x1\n"
    "%%4:f[2,4] in work+%d:4 = rows %%3 {start=2 stop=4}\n"
    "result %%4 {name=r}\n}\nend\n";

struct planned {
    const char *dtype, *barrier;
    int select_at, product_at, rows_at;
};

/* Whether the result is right whichever worker comes first. */
static bool runs_right(struct planned p, int threads)
{
    bool right = true;
    for (int ascending = 0; ascending < 2; ascending++) {
        struct arena *a = arena_new();
        struct interp *in = make(
            a, arena_printf(a, plan, p.dtype, p.select_at, p.barrier, p.product_at, p.rows_at));
        count_up(in);
        struct interp_mode mode = { .places = true, .threads = threads, .ascending = ascending };
        assert_true(interp_run(in, mode));
        const double *x = interp_result(in, "r", NULL);
        for (int i = 0; i < 8; i++)
            right = right && x[i] == (const double[]){ 132, 308, 484, 660, 180, 420, 660, 900 }[i];
        interp_free(in);
        arena_free(a);
    }
    return right;
}

static void good_plans(void **state)
{
    (void)state;
    for (int threads = 0; threads < 5; threads++) {
        assert_true(runs_right((struct planned){ "float32", "barrier\n", 64, 0, 32 }, threads));
        assert_true(runs_right((struct planned){ "float64", "barrier\n", 64, 264, 328 }, threads));
    }
}

static void bad_plans(void **state)
{
    (void)state;
    /* no barrier before a product that reads what other blocks wrote */
    assert_true(runs_right((struct planned){ "float32", "", 64, 0, 32 }, 1));
    assert_false(runs_right((struct planned){ "float32", "", 64, 0, 32 }, 2));
    /* a product in the place of its own operand; the bits in the place of what is read with them */
    assert_false(runs_right((struct planned){ "float32", "barrier\n", 64, 128, 160 }, 0));
    assert_false(runs_right((struct planned){ "float32", "barrier\n", 256, 0, 32 }, 0));
    assert_false(runs_right((struct planned){ "float64", "barrier\n", 256, 264, 328 }, 0));
    /* half of a number overwritten; a view of the wrong rows */
    assert_false(runs_right((struct planned){ "float64", "barrier\n", 64, 156, 220 }, 0));
    assert_false(runs_right((struct planned){ "float32", "barrier\n", 64, 0, 16 }, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations_by_hand),
        cmocka_unit_test(random_bits),
        cmocka_unit_test(effects),
        cmocka_unit_test(indices_out_of_range),
        cmocka_unit_test(good_plans),
        cmocka_unit_test(bad_plans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
