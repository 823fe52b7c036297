/* Gradients against central differences in double, of every operation, of a cell over three steps
 * and of a graph full of products; and each rewrite, alone and in company, leaves what comes out as
 * it was. */
#include "../pass/run_pass.h"
#include "diag.h"
#include "file.h"
#include "interp.h"
#include "tolerances.h"
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- what is tested -------------------------------------------------------------------------- */

/* $a is [3,4], $b [1,4], $c [4,2], $s [1,1]; %0 indices [3,1] below 3, %1 [4,1]; %2 is 2; %9 is the
 * value under test. */
static const struct {
    const char *name, *body;
} operations[] = {
    { "neg", "%9:f[3,4] = neg $a" },
    { "exp", "%9:f[3,4] = exp $a" },
    { "log", "%8:f[3,4] = add $a, %2\n%9:f[3,4] = log %8" },
    { "sqrt", "%8:f[3,4] = add $a, %2\n%9:f[3,4] = sqrt %8" },
    { "tanh", "%9:f[3,4] = tanh $a" },
    { "sigmoid", "%9:f[3,4] = sigmoid $a" },
    { "abs", "%9:f[3,4] = abs $a" },
    { "sign, which has no slope", "%8:f[3,4] = sign $a\n%9:f[3,4] = mul %8, $a" },
    { "expand", "%9:f[3,4] = expand $b" },
    { "expand to a new axis", "%9:f[2,3,4] = expand $a" },
    { "add", "%9:f[3,4] = add $a, $b" },
    { "add of itself", "%9:f[3,4] = add $a, $a" },
    { "sub", "%9:f[3,4] = sub $b, $a" },
    { "mul", "%9:f[3,4] = mul $a, $s" },
    { "mul of itself", "%9:f[3,4] = mul $a, $a" },
    { "mul by a double", "%8:d[] = const {value=3}\n%9:f[3,4] = mul $a, %8" },
    { "mul, a column by a row", "%8:f[3,1] = cols $a {start=1 stop=2}\n%9:f[3,4] = mul %8, $b" },
    { "div", "%8:f[1,4] = exp $b\n%9:f[3,4] = div $a, %8" },
    { "pow, square", "%8:d[] = const {value=2}\n%9:f[3,4] = pow $a, %8" },
    { "pow, cube", "%8:f[] = const {value=3}\n%9:f[3,4] = pow $a, %8" },
    { "pow, of a double that is none",
      "%8:d[] = input {name=power}\n%7:f[3,4] = exp $a\n%9:f[3,4] = pow %7, %8" },
    { "pow, in both", "%8:f[3,4] = exp $a\n%9:f[3,4] = pow %8, $b" },
    { "max", "%9:f[3,4] = max $a, $b" },
    { "min", "%9:f[3,4] = min $a, $b" },
    { "select", "%8:b[3,4] = lt $a, $b\n%9:f[3,4] = select %8, $b, $a" },
    { "select by few", "%8:b[3,1] = eq %0, %0\n%9:f[3,4] = select %8, $a, $b" },
    { "rows", "%9:f[2,4] = rows $a {start=1 stop=3}" },
    { "cols", "%9:f[3,2] = cols $a {start=1 stop=3}" },
    { "rows, apart", "%7:f[1,4] = rows $a {start=0 stop=1}\n%8:f[1,4] = rows $a {start=2 "
                     "stop=3}\n%9:f[1,4] = mul %7, %8" },
    { "cols, one over the other", "%7:f[3,3] = cols $a {start=0 stop=3}\n%8:f[3,3] = cols $a "
                                  "{start=1 stop=4}\n%9:f[3,3] = mul %7, %8" },
    { "rows and cols and all",
      "%6:f[2,4] = rows $a {start=0 stop=2}\n%7:f[3,2] = cols $a {start=2 stop=4}\n%8:f[2,2] = "
      "cols %6 {start=0 stop=2}\n"
      "%5:f[2,2] = rows %7 {start=0 stop=2}\n%4:f[2,2] = mul %8, %5\n%3:f[2,4] = mul %6, $b\n"
      "%10:f[2,2] = cols %3 {start=1 stop=3}\n%9:f[2,2] = mul %4, %10" },
    { "slice of a vector",
      "%8:f[4] = reshape $b\n%7:f[2] = cols %8 {start=1 stop=3}\n%9:f[3,2] = expand %7" },
    { "reshape", "%9:f[2,6] = reshape $a" },
    { "concat of rows", "%9:f[5,4] = concat $b, $a, $b {axis=0}" },
    { "concat of columns", "%9:f[3,8] = concat $a, $a {axis=1}" },
    { "sum of rows", "%9:f[1,4] = sum $a {axis=0}" },
    { "sum of columns", "%9:f[3,1] = sum $a {axis=1}" },
    { "reduce_max", "%9:f[3,1] = reduce_max $a {axis=1}" },
    { "argmax, which has no slope",
      "%8:i[3,1] = argmax $a\n%7:b[3,4] = onehot %8 {width=4}\n%9:f[3,4] = select %7, $a, $b" },
    { "matmul", "%9:f[3,2] = matmul $a, $c" },
    { "matmul, ta", "%9:f[4,4] = matmul $a, $a {ta}" },
    { "matmul, tb", "%9:f[3,1] = matmul $a, $b {tb}" },
    { "matmul, ta and tb", "%8:f[2,4] = transpose $c\n%9:f[2,2] = matmul $c, %8 {ta tb}" },
    { "transpose", "%9:f[4,3] = transpose $a" },
    { "gather", "%9:f[4,4] = gather $a, %1" },
    { "scatter", "%9:f[5,4] = scatter $a, %0 {rows=5}" },
    { "pick", "%9:f[3,1] = pick $a, %0" },
    { "a random mask",
      "%8:b[3,4] = bernoulli {stream=3 t=0 p=0x1p-1}\n%9:f[3,4] = select %8, $a, $b" },
    { "what depends on nothing", "%9:f[3,4] = const {value=1}" },
};

static const char head[] = "lstmc-ir 1 trace\nmodel test float64\nsymbols 97 98 99\n"
                           "param $a f[3,4]\nparam $b f[1,4]\nparam $c f[4,2]\nparam $s f[1,1]\n"
                           "program p {\n%0:i[3,1] = input {name=y}\n%1:i[4,1] = input "
                           "{name=x}\n%2:f[] = const {value=2}\n";

/* All combinations that a user can ask for with one -fno, and each rewrite alone. */
static const char *const rewrites[] = {
    "fold",
    "cse",
    "dce",
    "batch",
    "fuse",
    "no_fuse",
    "fold,batch",
    "cse,batch,fuse",
    "fold,cse,dce,batch,fold,cse,dce,fuse,dce",
    "cse,dce,batch,cse,dce,fuse,dce",
    "fold,dce,batch,fold,dce,fuse,dce",
    "fold,cse,batch,fold,cse,fuse",
    "fold,cse,dce,fold,cse,dce,fuse,dce",
    "fold,cse,dce,batch,fold,cse,dce,no_fuse,dce",
};

/* ---- modules --------------------------------------------------------------------------------- */

static struct module *read(struct arena *a, const char *name, const char *text)
{
    struct module *m = module_read(a, name, text, strlen(text));
    assert_non_null(m);
    module_check(m, "reading", true);
    differentiate(m);
    module_check(m, "differentiate", false);
    return m;
}

/* The type of %9, as its definition in the body says. */
static const char *type_under_test(struct arena *a, const char *body)
{
    const char *type = strstr(body, "%9:") + 3;
    return arena_copy(a, type, strcspn(type, " "));
}

static int64_t count_elements(const char *type)
{
    int64_t count = 1;
    for (const char *s = type; *s; s++)
        if (*s == '[' || *s == ',')
            count *= strtoll(s + 1, NULL, 10);
    return count;
}

/* The loss is a sum of the elements of %9 with weights that differ. */
static struct module *read_operation(struct arena *a, const char *name, const char *body)
{
    struct buffer text = { .arena = a };
    const int64_t n = count_elements(type_under_test(a, body));
    buffer_printf(&text, "%s%s\n", head, body);
    buffer_printf(&text, "%%90:f[%" PRId64 ",1] = reshape %%9\n", n);
    buffer_printf(&text, "%%91:f[%" PRId64 ",1] = input {name=weights}\n", n);
    buffer_printf(&text, "%%92:f[%" PRId64 ",1] = mul %%90, %%91\n", n);
    buffer_printf(&text, "%%93:f[1,1] = sum %%92 {axis=0}\nresult %%93 {name=loss}\n");
    buffer_printf(&text, "%%94:f[3,4] = grad %%93, $a\n%%95:f[1,4] = grad %%93, $b\n"
                         "%%96:f[4,2] = grad %%93, $c\n%%97:f[1,1] = grad %%93, $s\n");
    buffer_printf(&text, "result %%94 {name=a}\nresult %%95 {name=b}\nresult %%96 {name=c}\n"
                         "result %%97 {name=s}\n}\nend\n");
    return read(a, name, text.text);
}

static struct module *read_file(struct arena *a, const char *path)
{
    return read(a, path, read_case(a, path).text);
}

/* ---- gradients ------------------------------------------------------------------------------- */

static struct interp *ready(const struct module *m)
{
    struct interp *in = interp_new(m, m->programs->name);
    assert_non_null(in);
    return in;
}

/* A tensor may have been assigned: the program starts from the same numbers each time. */
static double loss_at(struct interp *in, const char *tensor, int64_t i, double step)
{
    interp_fill(in, 1, 1);
    interp_tensor(in, tensor, NULL)[i] += step;
    assert_true(interp_run(in, (struct interp_mode){ 0 }));
    return interp_result(in, "loss", NULL)[0];
}

/* Relative L2 distance between the gradient that the program gives and what differences say. */
static double gradient_error(struct interp *in, const char *tensor)
{
    const double step = 1e-5;
    int64_t n;
    double wrong = 0, all = 0;
    loss_at(in, tensor, 0, 0);
    const double *given = interp_result(in, tensor, &n);
    double *g = malloc(sizeof *g * (size_t)n);
    assert_non_null(g);
    memcpy(g, given, sizeof *g * (size_t)n);
    for (int64_t i = 0; i < n; i++) {
        double numeric =
            (loss_at(in, tensor, i, step) - loss_at(in, tensor, i, -step)) / (2 * step);
        wrong += (g[i] - numeric) * (g[i] - numeric);
        all += numeric * numeric;
    }
    free(g);
    return all > 0 ? sqrt(wrong / all) : sqrt(wrong);
}

static void check_gradients(const struct module *m, const char *what)
{
    struct interp *in = ready(m);
    for (const struct tensor *t = m->tensors; t; t = t->next) {
        double error = gradient_error(in, t->name);
        if (!(error <= TOLERANCE_DIFFERENCES))
            fail_msg("%s: gradient of $%s is off by %.2e", what, t->name, error);
    }
    interp_free(in);
}

static void test_operations(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        struct arena *a = arena_new();
        check_gradients(read_operation(a, operations[i].name, operations[i].body),
                        operations[i].name);
        arena_free(a);
    }
}

static void test_graphs(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    check_gradients(read_file(a, "grad/cell.ir"), "cell");
    check_gradients(read_file(a, "grad/products.ir"), "products");
    arena_free(a);
}

/* ---- the sides of a kink --------------------------------------------------------------------- */

static double slope_at_kink(struct arena *a, const char *body, const char *tensor)
{
    struct interp *in = ready(read_operation(a, body, body));
    double *x = interp_tensor(in, "a", NULL), *y = interp_tensor(in, "b", NULL);
    for (int i = 0; i < 12; i++)
        x[i] = y[i % 4] = 0;
    *interp_input(in, "weights", NULL) = 1;
    assert_true(interp_run(in, (struct interp_mode){ 0 }));
    double slope = interp_result(in, tensor, NULL)[0];
    interp_free(in);
    return slope;
}

/* relu is max(x, 0); four largest share the gradient; nothing flows through `stop`. */
static void test_kinks(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    const char zero[] = "%8:f[] = const {value=0}\n%9:f[3,4] = max $a, %8";
    assert_true(slope_at_kink(a, zero, "a") == 0);
    assert_true(slope_at_kink(a, "%9:f[3,4] = max $b, $a", "a") == 1);
    assert_true(slope_at_kink(a, "%9:f[3,4] = min $a, $b", "a") == 0);
    assert_true(slope_at_kink(a, "%9:f[3,4] = abs $a", "a") == 0);
    assert_true(slope_at_kink(a, "%9:f[3,4] = stop $a", "a") == 0);
    assert_true(slope_at_kink(a, "%9:f[3,1] = reduce_max $a {axis=1}", "a") == 0.25);
    arena_free(a);
}

/* ---- rewrites -------------------------------------------------------------------------------- */

static const double *output(struct interp *in, const char *name, int64_t *n)
{
    return name[0] == '$' ? interp_tensor(in, name + 1, n) : interp_result(in, name, n);
}

static void check_outputs(struct interp *before, struct interp *after, const char *what,
                          const char *names)
{
    assert_true(interp_run(before, (struct interp_mode){ 0 }));
    assert_true(interp_run(after, (struct interp_mode){ 0 }));
    for (const char *const *name = interp_outputs(before); *name; name++) {
        int64_t n, k;
        double wrong = 0, all = 0;
        const double *x = output(before, *name, &n), *y = output(after, *name, &k);
        assert_non_null(y);
        assert_int_equal(n, k);
        for (int64_t i = 0; i < n; i++) {
            wrong += (x[i] - y[i]) * (x[i] - y[i]);
            all += x[i] * x[i];
        }
        if (!(sqrt(wrong) <= TOLERANCE_REWRITE * fmax(sqrt(all), 1e-3)))
            fail_msg("%s: `%s` moves %s by %.2e", what, names, *name, sqrt(wrong / all));
    }
}

typedef struct module *reader(struct arena *a, size_t i);

static void check_rewrites(reader *read_nth, size_t i, const char *what)
{
    for (size_t r = 0; r < sizeof rewrites / sizeof *rewrites; r++) {
        struct arena *a = arena_new();
        struct module *m = read_nth(a, i);
        struct interp *before = ready(read_nth(a, i));
        assert_true(run_passes(m, rewrites[r]));
        struct interp *after = ready(m);
        check_outputs(before, after, what, rewrites[r]);
        interp_free(before);
        interp_free(after);
        arena_free(a);
    }
}

static struct module *nth_operation(struct arena *a, size_t i)
{
    return read_operation(a, operations[i].name, operations[i].body);
}

static const char *const graphs[] = { "grad/cell.ir", "grad/products.ir" };

static struct module *nth_graph(struct arena *a, size_t i)
{
    return read_file(a, graphs[i]);
}

static void test_rewrites(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        check_rewrites(nth_operation, i, operations[i].name);
    for (size_t i = 0; i < sizeof graphs / sizeof *graphs; i++)
        check_rewrites(nth_graph, i, graphs[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_operations),
        cmocka_unit_test(test_graphs),
        cmocka_unit_test(test_kinks),
        cmocka_unit_test(test_rewrites),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
