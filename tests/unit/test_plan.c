/* Homes, schedule and plan: what is copied and what is not, who lies over whom, and that the
 * checks after both stages believe nobody. Where it matters the planned program also runs, in
 * one arena and in the least lucky order of its workers. */
#include "capture.h"
#include "check_places.h"
#include "diag.h"
#include "grid.h"
#include "home.h"
#include "interp.h"
#include "passes.h"
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- modules ------------------------------------------------------------------------------- */

static struct module *read_text(struct arena *a, const char *text)
{
    diag_source("t.ir", text, strlen(text));
    struct module *m = module_read(a, "t.ir", text, strlen(text));
    assert_non_null(m);
    return m;
}

static const struct options no_options;

static struct module *planned(struct arena *a, const char *text)
{
    struct module *m = read_text(a, text);
    module_check(m, "reading", false);
    schedule_work(m, &no_options);
    module_check(m, "schedule", false);
    plan_memory(m, &no_options);
    module_check(m, "plan", false);
    return m;
}

static const char *text_of(const struct module *m)
{
    struct buffer b = { .arena = m->arena };
    module_write(m, &b, 0);
    return b.text;
}

static const struct value *value_of(const struct module *m, int id)
{
    for (const struct node *n = m->programs->first; n; n = n->next)
        for (int i = 0; i < n->result_count; i++)
            if (n->results[i]->id == id)
                return n->results[i];
    fail_msg("no value %%%d", id);
    return NULL;
}

/* ---- running ------------------------------------------------------------------------------- */

static const double *output(struct interp *in, const char *name, int64_t *count)
{
    return name[0] == '$' ? interp_tensor(in, name + 1, count) : interp_result(in, name, count);
}

static bool same_outputs(struct interp *a, struct interp *b)
{
    for (const char *const *name = interp_outputs(a); *name; name++) {
        int64_t n, k;
        const double *x = output(a, *name, &n), *y = output(b, *name, &k);
        for (int64_t i = 0; i < n; i++)
            if (!(fabs(x[i] - y[i]) <= 1e-12 * (1 + fabs(x[i]))))
                return false;
    }
    return true;
}

static bool runs_as(struct interp *plain, const struct module *m, struct interp_mode mode)
{
    struct interp *in = interp_new(m, "train");
    bool same = interp_run(in, mode) && same_outputs(plain, in);
    interp_free(in);
    return same;
}

static struct interp *plain_run(const struct module *m)
{
    struct interp *in = interp_new(m, "train");
    assert_non_null(in);
    assert_true(interp_run(in, (struct interp_mode){ .places = false }));
    return in;
}

static void assert_runs(struct arena *a, const char *text)
{
    struct interp *plain = plain_run(read_text(a, text));
    const struct module *m = planned(a, text);
    static const int threads[] = { 1, 2, 3, 5, 8 };
    for (int i = 0; i < 5; i++)
        for (int up = 0; up < 2; up++)
            assert_true(runs_as(plain, m, (struct interp_mode){ true, threads[i], up }));
    interp_free(plain);
}

/* ---- copies -------------------------------------------------------------------------------- */

static const char head[] =
    "lstmc-ir 1 opt\nmodel t float32\n"
    "param $w f[4,32] init zeros 0 0 cols 0 32 stream 0\n"
    "param $v f[32,16] init zeros 0 0 cols 0 16 stream 0\n"
    "kernel @twice f[4,32] {\n param %0:f[4,32]\n %1:f[4,32] = add %0, %0\n return %1\n}\n"
    "kernel @step f[4,32] {\n param %0:f[4,32]\n param %1:f[4,32]\n"
    " %2:f[4,32] = sub %0, %1\n return %2\n}\n"
    "kernel @row f[4,32] {\n param %0:f[1,32]\n param %1:f[4,32]\n"
    " %2:f[4,32] = sub %1, %0\n return %2\n}\n"
    "program train {\n"
    " %0:f[4,32] = input {name=x}\n"
    " %1:f[4,32] = call @twice(%0)\n"
    " %2:f[4,32] = call @twice(%1)\n"
    " %3:f[4,32] = call @twice(%2)\n";
#define TAIL       "}\nend\n"
#define RESULT(id) " result %" #id " {name=r" #id "}\n"

static const struct {
    const char *what, *body;
    int copies;
} copies[] = {
    { "parts are computed into their concat", " %4:f[8,32] = concat %1, %2 {axis=0}\n" RESULT(4),
      0 },
    { "also where they stand side by side", " %4:f[4,64] = concat %1, %2 {axis=1}\n" RESULT(4), 0 },
    { "a run of parts is a rectangle of the larger concat",
      " %4:f[12,32] = concat %1, %2, %3 {axis=0}\n %5:f[8,32] = concat %2, %3 {axis=0}\n"
      " %6:f[12,16] = matmul %4, $v\n %7:f[8,16] = matmul %5, $v\n" RESULT(6) RESULT(7),
      0 },
    { "a concat of concats nests",
      " %6:f[4,32] = call @twice(%3)\n"
      " %4:f[4,64] = concat %1, %2 {axis=1}\n %5:f[4,64] = concat %3, %6 {axis=1}\n"
      " %7:f[8,64] = concat %4, %5 {axis=0}\n" RESULT(7),
      0 },
    { "and so through a reshape that keeps the last axis",
      " %4:f[1,4,32] = reshape %1\n %5:f[1,4,32] = reshape %2\n"
      " %7:f[2,4,32] = concat %4, %5 {axis=0}\n" RESULT(7),
      0 },
    { "another order is another place",
      " %4:f[8,32] = concat %1, %2 {axis=0}\n %5:f[8,32] = concat %2, %1 {axis=0}\n" //
      RESULT(4) RESULT(5),
      2 },
    { "a part that stands twice", " %4:f[8,32] = concat %1, %1 {axis=0}\n" RESULT(4), 1 },
    { "a tensor and an input", " %4:f[12,32] = concat $w, %1, %0 {axis=0}\n" RESULT(4), 2 },
    { "one copy serves a concat and a run of it",
      " %4:f[12,32] = concat %1, %0, %2 {axis=0}\n %5:f[8,32] = concat %0, %2 {axis=0}\n"
      " %6:f[12,16] = matmul %4, $v\n %7:f[8,16] = matmul %5, $v\n" RESULT(6) RESULT(7),
      1 },
    { "a view",
      " %4:f[2,32] = rows %1 {start=1 stop=3}\n"
      " %5:f[4,32] = concat %4, %4 {axis=0}\n" RESULT(5),
      2 },
    { "a reshape of whole rows is a view", " %4:f[128,1] = reshape %1\n" RESULT(4), 0 },
    { "a reshape of parts of rows is not",
      " %4:f[4,16] = cols %1 {start=0 stop=16}\n %5:f[64,1] = reshape %4\n" RESULT(5), 1 },
    { "a result is a plain array", " %4:f[4,64] = concat %1, %2 {axis=1}\n" RESULT(4) RESULT(2),
      1 },
    { "a tensor may be another one when its result is read", " result $w {name=r}\n", 1 },
    { "a new value goes straight into its tensor",
      " %4:f[4,32] = call @step($w, %1)\n assign $w, %4\n", 0 },
    { "unless the tensor is read afterwards",
      " %4:f[4,32] = call @step($w, %1)\n %5:f[4,32] = call @step($w, %4)\n assign $w, %4\n" //
      RESULT(5),
      1 },
    { "or other elements are read meanwhile",
      " %4:f[1,32] = rows $w {start=1 stop=2}\n %5:f[4,32] = call @row(%4, %1)\n"
      " assign $w, %5\n",
      1 },
    { "or the value must live elsewhere",
      " %4:f[4,32] = call @step($w, %1)\n %5:f[8,32] = concat %4, %1 {axis=0}\n"
      " assign $w, %4\n" RESULT(5),
      1 },
    { "or it is an input", " assign $w, %0\n", 1 },
    { "a product may read the tensor before",
      " %4:f[4,16] = matmul $w, $v\n %5:f[4,32] = call @step($w, %1)\n assign $w, %5\n" RESULT(4),
      0 },
};

static void copies_where_nothing_else_helps(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof copies / sizeof *copies; i++) {
        struct arena *a = arena_new();
        const char *text = arena_printf(a, "%s%s}\nend\n", head, copies[i].body);
        const struct module *m = planned(a, text);
        if (program_copies(m->programs) != copies[i].copies)
            fail_msg("%s: %d copies, expected %d", copies[i].what, program_copies(m->programs),
                     copies[i].copies);
        assert_runs(a, text);
        arena_free(a);
    }
}

static void constants_are_filled(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    const char *text = arena_printf(a, "%s%s", head,
                                    " %4:f[4,32] = const {value=3}\n"
                                    " %5:f[4,32] = const {value=1}\n"
                                    " %6:f[8,32] = concat %4, %1 {axis=0}\n"
                                    " result %6 {name=r}\n}\nend\n");
    const struct module *m = planned(a, text);
    assert_non_null(kernel_find(m, "fill_4_32"));
    assert_null(strstr(text_of(m), "value=1}")); /* nobody uses it */
    assert_runs(a, text);
    arena_free(a);
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
static void write_forward(struct buffer *b, int t)
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

static void write_backward(struct buffer *b, int t)
{
    const int id = 200 + 10 * t, forward = 100 + 10 * t;
    buffer_printf(b, " %%%d:f[32,48], %%%d:f[32,48] = call @back(%%%d, %%%d, %%%d)\n", id, id + 1,
                  forward + 3, forward + 4, t == STEPS - 1 ? forward + 5 : id + 10 + 3);
    buffer_printf(b, " %%%d:f[32,96] = concat %%%d, %%%d {axis=1}\n", id + 2, id, id + 1);
    if (t > 0)
        buffer_printf(b, " %%%d:f[32,48] = matmul %%%d, $u {tb}\n", id + 3, id + 2);
}

static void write_joined(struct buffer *b, int id, int rows, int cols, int first, int step,
                         int count)
{
    buffer_printf(b, " %%%d:f[%d,%d] = concat", id, rows, cols);
    for (int i = 0; i < count; i++)
        buffer_printf(b, "%s %%%d", i ? "," : "", first + i * step);
    buffer_puts(b, " {axis=0}\n");
}

static const char *layer_text(struct arena *a)
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

static void gates_replace_the_product_and_gradients_the_gates(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    const struct module *m = planned(a, layer_text(a));
    assert_int_equal(program_copies(m->programs), 0);
    assert_int_equal(value_of(m, 2)->place.offset, value_of(m, 90)->place.offset);
    for (int t = 0; t < STEPS; t++) {
        const struct place z = value_of(m, 101 + 10 * t)->place;
        assert_memory_equal(&z, &value_of(m, 103 + 10 * t)->place, sizeof z);
        assert_memory_equal(&z, &value_of(m, 200 + 10 * t)->place, sizeof z);
    }
    assert_runs(a, layer_text(a));
    arena_free(a);
}

static void new_parameters_lie_in_the_old_ones(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    const struct module *m = planned(a, layer_text(a));
    assert_int_equal(value_of(m, 96)->place.region, REGION_PARAM);
    assert_int_equal(value_of(m, 97)->place.offset, tensor_find(m, "u")->value.place.offset);
    assert_int_equal(m->param_bytes, (20 + 48) * 96 * 4);
    arena_free(a);
}

/* A weight's gradient with what follows, `tail` behind it. */
static const char *gradient_text(struct arena *a, int cols, const char *tail)
{
    return arena_printf(a,
                        "lstmc-ir 1 opt\nmodel t float32\n"
                        "param $w f[16,%d] init zeros 0 0 cols 0 %d stream 0\n"
                        "kernel @update f[16,%d] {\n param %%0:f[128,16]\n param %%1:f[128,%d]\n"
                        " param %%3:f[16,%d]\n %%2:f[16,%d] = matmul %%0, %%1 {ta}\n"
                        " %%4:f[16,%d] = sub %%3, %%2\n return %%2, %%4\n}\n"
                        "program train {\n"
                        " %%0:f[128,16] = input {name=x}\n %%1:f[128,%d] = input {name=dz}\n"
                        " %%2:f[16,%d], %%3:f[16,%d] = call @update(%%0, %%1, $w)\n%s"
                        " assign $w, %%3\n}\nend\n",
                        cols, cols, cols, cols, cols, cols, cols, cols, cols, cols, tail);
}

static void rows_of_sums_are_no_whole_pages_apart(void **state)
{
    (void)state;
    static const struct {
        int cols, stride;
    } cases[] = { { 1023, 1023 }, { 1024, 1040 }, { 1040, 1040 }, { 1536, 1536 }, { 2048, 2064 } };
    struct arena *a = arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *text = gradient_text(a, cases[i].cols, "");
        const struct module *m = planned(a, text);
        assert_int_equal(value_of(m, 2)->place.stride, cases[i].stride);
        assert_int_equal(program_copies(m->programs), 0);
        assert_runs(a, text);
    }
    const char *read = gradient_text(a, 1024, " result %2 {name=r}\n");
    assert_int_equal(program_copies(planned(a, read)->programs), 1);
    assert_runs(a, read);
    arena_free(a);
}

/* ---- planted faults ------------------------------------------------------------------------ */

/* What the check says of a module as text; NULL if it is content. */
static const char *fault_in(struct arena *a, const char *text)
{
    struct module *m = read_text(a, text);
    const struct node *at;
    const char *fault = m->stage == STAGE_PLAN ? check_tensors(m) : NULL;
    for (struct program *p = m->programs; p && !fault; p = p->next)
        fault = m->stage == STAGE_PLAN ? check_plan(p, &at) : check_schedule(p, &at);
    return fault;
}

static const char *without(struct arena *a, const char *text, const char *from, size_t length)
{
    return arena_printf(a, "%.*s%s", (int)(from - text), text, from + length);
}

/* Each barrier is there because something needs it. */
static void assert_barriers_needed(struct arena *a, const char *text)
{
    static const char line[] = "  barrier\n";
    int count = 0;
    assert_null(fault_in(a, text));
    for (const char *s = text; (s = strstr(s, line)); s++, count++) {
        const char *fault = fault_in(a, without(a, text, s, strlen(line)));
        assert_non_null(fault);
        assert_non_null(strstr(fault, "a barrier is missing"));
    }
    assert_true(count > 10);
}

static void a_missing_barrier_is_seen(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct module *m = read_text(a, layer_text(a));
    schedule_work(m, &no_options);
    assert_barriers_needed(a, text_of(m));
    plan_memory(m, &no_options);
    assert_barriers_needed(a, text_of(m));
    arena_free(a);
}

/* Each place in the work region, one after the other, at each offset that some other place has:
 * either the check objects, or the program gives the same numbers all the same. */
static void a_wrong_place_is_seen(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct interp *plain = plain_run(read_text(a, layer_text(a)));
    const char *text = text_of(planned(a, layer_text(a)));
    static const char word[] = " in work+";
    int objections = 0;
    for (const char *s = text; (s = strstr(s, word)); s++) {
        const char *digits = s + strlen(word);
        const size_t length = strspn(digits, "0123456789");
        for (int64_t offset = 0; offset < 120000; offset += 64 * 53) {
            struct arena *scratch = arena_new();
            const char *other = arena_printf(scratch, "%.*s%" PRId64 "%s", (int)(digits - text),
                                             text, offset, digits + length);
            if (fault_in(scratch, other))
                objections++;
            else
                assert_true(runs_as(plain, read_text(scratch, other),
                                    (struct interp_mode){ true, 3, false }));
            arena_free(scratch);
        }
    }
    assert_true(objections > 1000);
    interp_free(plain);
    arena_free(a);
}

static const struct {
    const char *line, *fault;
} places[] = {
    { "%1:f[2,32] in work+512:32 = rows %0 {start=2 stop=4}",
      "%1 does not lie where it is a view of %0" },
    { "%1:f[4,16] in work+64:16 = cols %0 {start=16 stop=32}",
      "%1 does not lie where it is a view of %0" },
    { "%1:f[4,32] in work+2:32 = call @twice(%0) on rows 1x1",
      "%1 does not begin with a whole element" },
    { "%1:f[4,32] in work+512:16 = call @twice(%0) on rows 1x1", "%1 has rows that overlap" },
    { "%1:f[4,32] in work+1024:32 = call @twice(%0) on rows 1x1", "%1 reaches beyond its region" },
    { "%1:f[4,32] in work+512:999 = call @twice(%0) on rows 1x1", "%1 reaches beyond its region" },
    { "%1:f[4,32] = call @twice(%0) on rows 1x1", "%1 has no place" },
    { "%1:f[4,32] in work+128:32 = call @twice(%0) on rows 1x1", "%0 and %1 overlap" },
    { "%1:f[4,32] in param+0:32 = call @twice(%0) on rows 1x1",
      "$w is read after %1 was written over it" },
    { "%1:f[4,32] in work+512:32 = call @twice(%0) on rows 5x1",
      "has 5 blocks, expected at most one a unit and 256 in all" },
    { "%1:f[4,32] in work+512:32 = call @twice(%0) on cols 2x24",
      "cuts columns within a word of bits, expected units of 16" },
    { "%1:f[4,32] in work+512:32 = call @twice(%0) on cols 4x16/2",
      "cuts units of columns into bands, expected a kernel whose product is made in tiles" },
};

static void what_is_said_of_places(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct arena *a = arena_new();
        const char *text = arena_printf(
            a,
            "lstmc-ir 1 plan\nmodel t float32\nmemory param 512 state 0 work 1024\n"
            "param $w f[4,32] init zeros 0 0 cols 0 32 stream 0 in param+0:32\n"
            "kernel @twice f[4,32] {\n param %%0:f[4,32]\n %%1:f[4,32] = add %%0, %%0\n return "
            "%%1\n}\n"
            "program train work 1024 {\n %%0:f[4,32] in work+0:32 = input {name=x}\n %s\n}\nend\n",
            places[i].line);
        const char *fault = fault_in(a, text);
        assert_non_null(fault);
        assert_string_equal(fault, places[i].fault);
        arena_free(a);
    }
}

static const struct {
    const char *lines, *fault;
} schedules[] = {
    { "%2:f[8,32] = concat %1, %0 {axis=0}",
      "%0 cannot be computed straight into %2 and is not copied" },
    { "assign $w, %0", "%0 cannot be computed straight into $w and is not copied" },
    { "%2:f[4,16] = cols %1 {start=0 stop=16}\n%3:f[64,1] = reshape %2",
      "%3 is a reshape of what is not contiguous and not copied" },
    { "%2:f[4,32] = call @twice(%1) on rows 2x1",
      "a barrier is missing: %1 is read while %1 is written in the same phase" },
};

static void what_is_said_of_schedules(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof schedules / sizeof *schedules; i++) {
        struct arena *a = arena_new();
        const char *text = arena_printf(
            a, "lstmc-ir 1 schedule\n%s %%1:f[4,32] = call @twice(%%0) on rows 1x1\n%s\n}\nend\n",
            "model t float32\nparam $w f[4,32] init zeros 0 0 cols 0 32 stream 0\n"
            "kernel @twice f[4,32] {\n param %0:f[4,32]\n %1:f[4,32] = add %0, %0\n return %1\n}\n"
            "program train {\n %0:f[4,32] = input {name=x}\n",
            schedules[i].lines);
        const char *fault = fault_in(a, text);
        assert_non_null(fault);
        assert_string_equal(fault, schedules[i].fault);
        arena_free(a);
    }
}

/* ---- the budget ---------------------------------------------------------------------------- */

static void plan_within_budget(const void *budget)
{
    struct arena *a = arena_new();
    struct module *m = read_text(a, layer_text(a));
    const struct options o = { .max_memory = *(const int64_t *)budget };
    schedule_work(m, &o);
    plan_memory(m, &o);
    arena_free(a);
}

static void a_budget_is_kept(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    const struct module *m = planned(a, layer_text(a));
    const int64_t enough = m->param_bytes + m->work_bytes, little = enough - 1;
    assert_int_equal(capture(plan_within_budget, &enough).status, 0);
    struct captured c = capture(plan_within_budget, &little);
    assert_int_equal(c.status, EXIT_USER);
    assert_non_null(strstr(c.text, "option --max-memory"));
    assert_non_null(strstr(c.text, arena_printf(a, "%" PRId64, enough)));
    assert_non_null(strstr(c.text, arena_printf(a, "%" PRId64, little)));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_where_nothing_else_helps),
        cmocka_unit_test(constants_are_filled),
        cmocka_unit_test(gates_replace_the_product_and_gradients_the_gates),
        cmocka_unit_test(new_parameters_lie_in_the_old_ones),
        cmocka_unit_test(rows_of_sums_are_no_whole_pages_apart),
        cmocka_unit_test(a_missing_barrier_is_seen),
        cmocka_unit_test(a_wrong_place_is_seen),
        cmocka_unit_test(what_is_said_of_places),
        cmocka_unit_test(what_is_said_of_schedules),
        cmocka_unit_test(a_budget_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
