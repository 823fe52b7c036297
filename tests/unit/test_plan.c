/* Homes, schedule and plan: what is copied and what is not, and who lies over whom. Where it matters
 * the planned program also runs, in one arena and in the least lucky order of its workers. */
#include "capture.h"
#include "grid.h"
#include "home.h"
#include "planned.h"
#include <inttypes.h>
#include <stdlib.h>

static const struct value *value_of(const struct module *m, int id)
{
    for (const struct node *n = m->programs->first; n; n = n->next)
        for (int i = 0; i < n->result_count; i++)
            if (n->results[i]->id == id)
                return n->results[i];
    fail_msg("no value %%%d", id);
    return NULL;
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

/* A weight in panels of two parts, read by a kernel and transposed, updated with its state; `tail` behind that. */
static const char *panels_text(struct arena *a, const char *tail)
{
    static const char *const parts[] = {
        "lstmc-ir 1 opt\nmodel t float32\nparam $w f[16,74]:2x16\nstate $m f[16,74]:2x16\n"
        "kernel @gates f[20,37] {\n param %0:f[20,16]\n param %1:f[16,74]:2x16\n"
        " %2:f[20,74] = matmul %0, %1\n %3:f[20,37] = cols %2 {start=0 stop=37}\n"
        " %4:f[20,37] = cols %2 {start=37 stop=74}\n %5:f[20,37] = mul %3, %4\n return %5\n}\n"
        "kernel @update f[16,74]:2x16 {\n param %0:f[128,16]\n param %1:f[128,74]\n"
        " param %3:f[16,74]:2x16\n param %4:f[16,74]:2x16\n"
        " %2:f[16,74]:2x16 = matmul %0, %1 {ta}\n %5:f[16,74]:2x16 = add %3, %2\n"
        " %6:f[16,74]:2x16 = sub %4, %5\n return %2, %5, %6\n}\n",
        "program train {\n %0:f[20,16] = input {name=x}\n %1:f[128,16] = input {name=h}\n"
        " %2:f[128,74] = input {name=dz}\n %3:f[20,37] = call @gates(%0, $w)\n"
        " %4:f[74,16]:1x16 = pack $w {ta}\n %5:f[128,16] = matmul %2, %4\n"
        " result %3 {name=z}\n result %5 {name=dh}\n"
        " %6:f[16,74]:2x16, %7:f[16,74]:2x16, %8:f[16,74]:2x16 = call @update(%1, %2, $m, $w)\n"
        " check %6 {name=w}\n",
        " assign $m, %7\n assign $w, %8\n}\nend\n"
    };
    return arena_printf(a, "%s%s%s%s", parts[0], parts[1], tail, parts[2]);
}

static void weights_in_panels_are_updated_in_place(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    const char *text = panels_text(a, ""),
               *late = panels_text(a, " %9:f[20,37] = call @gates(%0, $w)\n"
                                      " result %9 {name=late}\n");
    const struct module *m = planned(a, text);
    assert_int_equal(program_copies(m->programs), 0);
    assert_int_equal(m->param_bytes, 6 * 16 * 16 * 4);
    assert_int_equal(value_of(m, 8)->place.region, REGION_PARAM);
    assert_int_equal(value_of(m, 8)->place.stride, 16);
    assert_runs(a, text);
    assert_int_equal(program_copies(planned(a, late)->programs), 1);
    assert_runs(a, late);
    arena_free(a);
}

/* A gradient that nothing follows in its kernel: the runtime takes it, or another node reads it. */
static void rows_of_sums_alone_have_a_gap_unless_presented(void **state)
{
    (void)state;
    static const char head[] = "lstmc-ir 1 opt\nmodel t float32\nprogram train {\n"
                               " %0:f[128,16] = input {name=x}\n %1:f[128,1024] = input {name=dz}\n"
                               " %2:f[16,1024] = matmul %0, %1 {ta}\n";
    static const struct {
        const char *tail;
        int stride;
    } cases[] = { { " result %2 {name=r}\n}\nend\n", 1024 },
                  { " %3:f[1,1024] = sum %2 {axis=0}\n result %3 {name=r}\n}\nend\n", 1040 } };
    struct arena *a = arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *text = arena_printf(a, "%s%s", head, cases[i].tail);
        const struct module *m = planned(a, text);
        assert_int_equal(value_of(m, 2)->place.stride, cases[i].stride);
        assert_int_equal(program_copies(m->programs), 0);
        assert_runs(a, text);
    }
    arena_free(a);
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
        cmocka_unit_test(weights_in_panels_are_updated_in_place),
        cmocka_unit_test(rows_of_sums_alone_have_a_gap_unless_presented),
        cmocka_unit_test(a_budget_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
