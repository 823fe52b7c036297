/* Modules written as text, read, planned and run, and the text of a small recurrent layer, forward and
 * backward with its update: what the tests of the plan and of its checks try things on. */
#ifndef LSTMC_TESTS_PLANNED_H
#define LSTMC_TESTS_PLANNED_H
#include "diag.h"
#include "interp.h"
#include "passes.h"
#include "tolerances.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* ---- modules ------------------------------------------------------------------------------- */

static inline struct module *read_text(struct arena *a, const char *text)
{
    diag_source("t.ir", text, strlen(text));
    struct module *m = module_read(a, "t.ir", text, strlen(text));
    assert_non_null(m);
    return m;
}

static const struct options no_options;

static inline struct module *planned(struct arena *a, const char *text)
{
    struct module *m = read_text(a, text);
    module_check(m, "reading", false);
    schedule_work(m, &no_options);
    module_check(m, "schedule", false);
    plan_memory(m, &no_options);
    module_check(m, "plan", false);
    return m;
}

static inline const char *text_of(const struct module *m)
{
    struct buffer b = { .arena = m->arena };
    module_write(m, &b, 0);
    return b.text;
}

/* ---- running ------------------------------------------------------------------------------- */

static inline const double *output(struct interp *in, const char *name, int64_t *count)
{
    return name[0] == '$' ? interp_tensor(in, name + 1, count) : interp_result(in, name, count);
}

static inline bool same_outputs(struct interp *a, struct interp *b)
{
    for (const char *const *name = interp_outputs(a); *name; name++) {
        int64_t n, k;
        const double *x = output(a, *name, &n), *y = output(b, *name, &k);
        for (int64_t i = 0; i < n; i++)
            if (!(fabs(x[i] - y[i]) <= TOLERANCE_REWRITE * (1 + fabs(x[i]))))
                return false;
    }
    return true;
}

static inline bool runs_as(struct interp *plain, const struct module *m, struct interp_mode mode)
{
    struct interp *in = interp_new(m, "train");
    bool same = interp_run(in, mode) && same_outputs(plain, in);
    interp_free(in);
    return same;
}

static inline struct interp *plain_run(const struct module *m)
{
    struct interp *in = interp_new(m, "train");
    assert_non_null(in);
    assert_true(interp_run(in, (struct interp_mode){ .places = false }));
    return in;
}

/* ---- a recurrent layer --------------------------------------------------------------------- */

enum { STEPS = 4, ROWS = 32, UNITS = 48, INPUTS = 20 };

static const char layer_kernels[] =
    "kernel @first f[32,48] {\n param %0:f[32,48]\n param %1:f[32,48]\n %2:f[32,48] = sigmoid %0\n"
    " %3:f[32,48] = tanh %1\n %4:f[32,48] = mul %2, %3\n return %2, %3, %4\n}\n"
    "kernel @next f[32,48] {\n param %0:f[32,48]\n param %1:f[32,48]\n param %2:f[32,48]\n"
    " param %3:f[32,48]\n param %4:f[32,48]\n %5:f[32,48] = add %0, %2\n"
    " %6:f[32,48] = sigmoid %5\n %7:f[32,48] = add %1, %3\n %8:f[32,48] = tanh %7\n"
    " %9:f[32,48] = sub %4, %8\n %10:f[32,48] = mul %6, %9\n %11:f[32,48] = add %8, %10\n"
    " return %6, %8, %11\n}\n"
    "kernel @back f[32,48] {\n param %0:f[32,48]\n param %1:f[32,48]\n param %2:f[32,48]\n"
    " %3:f[] = const {value=1}\n %4:f[32,48] = sub %3, %0\n %5:f[32,48] = mul %0, %4\n"
    " %6:f[32,48] = mul %5, %2\n %7:f[32,48] = mul %1, %1\n %8:f[32,48] = sub %3, %7\n"
    " %9:f[32,48] = mul %8, %2\n return %6, %9\n}\n"
    "kernel @sgd_w f[20,96] {\n param %0:f[20,96]\n param %1:f[20,96]\n param %2:d[]\n"
    " %3:f[20,96] = mul %1, %2\n %4:f[20,96] = sub %0, %3\n return %4\n}\n"
    "kernel @sgd_u f[48,96] {\n param %0:f[48,96]\n param %1:f[48,96]\n param %2:d[]\n"
    " %3:f[48,96] = mul %1, %2\n %4:f[48,96] = sub %0, %3\n return %4\n}\n";

/* Values of step t begin at 100 + 10 t: the gates, h; on the way back at 200 + 10 t: their
 * gradients, joined; x*W is %2, the gradients of all gates %90. */
static inline void write_forward(struct buffer *b, int t)
{
    const int id = 100 + 10 * t;
    buffer_printf(b, " %%%d:f[32,96] = rows %%2 {start=%d stop=%d}\n", id, t * ROWS,
                  t * ROWS + ROWS);
    buffer_printf(b, " %%%d:f[32,48] = cols %%%d {start=0 stop=48}\n", id + 1, id);
    buffer_printf(b, " %%%d:f[32,48] = cols %%%d {start=48 stop=96}\n", id + 2, id);
    if (t == 0) {
        buffer_printf(b, " %%%d:f[32,48], %%%d:f[32,48], %%%d:f[32,48] = call @first(%%%d, %%%d)\n",
                      id + 3, id + 4, id + 5, id + 1, id + 2);
        return;
    }
    buffer_printf(b, " %%%d:f[32,96] = matmul %%%d, $u\n", id + 6, id - 10 + 5);
    buffer_printf(b, " %%%d:f[32,48] = cols %%%d {start=0 stop=48}\n", id + 7, id + 6);
    buffer_printf(b, " %%%d:f[32,48] = cols %%%d {start=48 stop=96}\n", id + 8, id + 6);
    buffer_printf(b,
                  " %%%d:f[32,48], %%%d:f[32,48], %%%d:f[32,48] = call @next(%%%d, %%%d, %%%d, "
                  "%%%d, %%%d)\n",
                  id + 3, id + 4, id + 5, id + 1, id + 2, id + 7, id + 8, id - 10 + 5);
}

static inline void write_backward(struct buffer *b, int t)
{
    const int id = 200 + 10 * t, forward = 100 + 10 * t;
    buffer_printf(b, " %%%d:f[32,48], %%%d:f[32,48] = call @back(%%%d, %%%d, %%%d)\n", id, id + 1,
                  forward + 3, forward + 4, t == STEPS - 1 ? forward + 5 : id + 10 + 3);
    buffer_printf(b, " %%%d:f[32,96] = concat %%%d, %%%d {axis=1}\n", id + 2, id, id + 1);
    if (t > 0)
        buffer_printf(b, " %%%d:f[32,48] = matmul %%%d, $u {tb}\n", id + 3, id + 2);
}

static inline void write_joined(struct buffer *b, int id, int rows, int cols, int first, int step,
                                int count)
{
    buffer_printf(b, " %%%d:f[%d,%d] = concat", id, rows, cols);
    for (int i = 0; i < count; i++)
        buffer_printf(b, "%s %%%d", i ? "," : "", first + i * step);
    buffer_puts(b, " {axis=0}\n");
}

static inline const char *layer_text(struct arena *a)
{
    struct buffer b = { .arena = a };
    buffer_puts(&b, "lstmc-ir 1 opt\nmodel t float32\nhyper rate 0x1p-4\n"
                    "param $w f[20,96] init zeros 0 0 cols 0 96 stream 0\n"
                    "param $u f[48,96] init zeros 0 0 cols 0 96 stream 0\n");
    buffer_puts(&b, layer_kernels);
    buffer_puts(&b, "program train {\n %0:d[] = input {name=rate}\n %1:f[128,20] = input {name=x}\n"
                    " %2:f[128,96] = matmul %1, $w\n");
    for (int t = 0; t < STEPS; t++)
        write_forward(&b, t);
    for (int t = STEPS - 1; t >= 0; t--)
        write_backward(&b, t);
    write_joined(&b, 90, STEPS * ROWS, 2 * UNITS, 202, 10, STEPS);
    write_joined(&b, 91, (STEPS - 1) * ROWS, 2 * UNITS, 212, 10, STEPS - 1);
    write_joined(&b, 92, (STEPS - 1) * ROWS, UNITS, 105, 10, STEPS - 1);
    buffer_puts(&b, " %93:f[20,96] = matmul %1, %90 {ta}\n %94:f[48,96] = matmul %92, %91 {ta}\n"
                    " %95:f[1,96] = sum %90 {axis=0}\n result %95 {name=bias}\n"
                    " check %93 {name=w}\n %96:f[20,96] = call @sgd_w($w, %93, %0)\n"
                    " %97:f[48,96] = call @sgd_u($u, %94, %0)\n"
                    " assign $w, %96\n assign $u, %97\n}\nend\n");
    return b.text;
}

#endif
