/* The checks after schedule and plan believe nobody: a barrier left out, a place moved, a line of the
 * text that is wrong are seen for what they are. */
#include "check_places.h"
#include "grid.h"
#include "planned.h"
#include <inttypes.h>

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

static void assert_fault(struct arena *a, const char *text, const char *expected)
{
    const char *fault = fault_in(a, text);
    assert_non_null(fault);
    assert_string_equal(fault, expected);
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
        assert_fault(a, text, places[i].fault);
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
        assert_fault(a, text, schedules[i].fault);
        arena_free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_missing_barrier_is_seen),
        cmocka_unit_test(a_wrong_place_is_seen),
        cmocka_unit_test(what_is_said_of_places),
        cmocka_unit_test(what_is_said_of_schedules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
