/* Which phase of an update a node belongs to, and that the phases share out all of its work. */
#include "cost.h"
#include "diag.h"
#include "grid.h"
#include "phase.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* An update of a little of everything; ids tell the phase: 1xx forward steps, 2xx projections, 3xx
 * backward steps, 4xx new weights, 5xx the rest, 0xx runs nowhere. */
static const char text[] = "lstmc-ir 1 opt\n"
                           "model case float32\n"
                           "param $w f[3,4]\n"
                           "kernel @gates f[6,4] {\n"
                           "  param %0:f[6,4]\n"
                           "  param %1:f[4,4]\n"
                           "  %2:f[6,4] = matmul %0, %1\n"
                           "  %3:f[6,4] = tanh %2\n"
                           "  return %3\n"
                           "}\n"
                           "kernel @tanh f[6,4] {\n"
                           "  param %0:f[6,4]\n"
                           "  %1:f[6,4] = tanh %0\n"
                           "  return %1\n"
                           "}\n"
                           "kernel @less f[3,4] {\n"
                           "  param %0:f[3,4]\n"
                           "  param %1:f[3,4]\n"
                           "  %2:f[3,4] = sub %0, %1\n"
                           "  return %2\n"
                           "}\n"
                           "program train {\n"
                           "  %0:f[6,3] = input {name=x}\n"
                           "  %1:i[6,1] = input {name=y}\n"
                           "  %2:f[4,4] = input {name=weight}\n"
                           "  %200:f[6,4] = matmul %0, $w\n"
                           "  %201:f[6,4] = gather $w, %1\n"
                           "  %202:f[6,4] = call @gates(%200, %2)\n"
                           "  %100:f[6,4] = matmul %200, %2 !.0\n"
                           "  %101:f[6,4] = call @gates(%100, %2) {t=1} !.1\n"
                           "  %102:f[6,1] = sum %101 {axis=1} !.1\n"
                           "  %500:f[6,4] = call @tanh(%101)\n"
                           "  %501:f[1,4] = sum %500 {axis=0}\n"
                           "  %300:f[6,4] = call @gates(%500, %2) {t=1} !.1b\n"
                           "  %301:f[6,4] = matmul %300, %2 {tb} !.0b\n"
                           "  %203:f[6,3] = matmul %301, $w {tb} !b\n"
                           "  %400:f[3,4] = matmul %0, %301 {ta} !b\n"
                           "  %401:f[3,4] = matmul %0, %300 {ta} !.1b\n"
                           "  %402:f[1,4] = sum %301 {axis=0} !b\n"
                           "  %403:f[3,4] = scatter %301, %1 {rows=3} !b\n"
                           "  %502:f[6,1] = sum %301 {axis=1} !b\n"
                           "  %404:f[3,4] = call @less($w, %400) !u\n"
                           "  %405:f[3,4] = matmul %404, %2 !u\n"
                           "  assign $w, %405 !u\n"
                           "}\n"
                           "end\n";

static const struct {
    enum lstmc_phase phase;
    double flop; /* of the products above */
} hundreds[] = {
    [1] = { LSTMC_FORWARD_RECURRENT, 2 * (2 * 6 * 4 * 4) },
    [2] = { LSTMC_PROJECTIONS, 2 * (2 * 6 * 4 * 3) + 2 * 6 * 4 * 4 },
    [3] = { LSTMC_BACKWARD_RECURRENT, 2 * (2 * 6 * 4 * 4) },
    [4] = { LSTMC_WEIGHT_GRADIENTS, 2 * (2 * 3 * 4 * 6) + 2 * 3 * 4 * 4 },
    [5] = { LSTMC_OTHER, 0 },
};
enum { HUNDREDS = sizeof hundreds / sizeof *hundreds };

static void nodes_have_their_phases(void **state)
{
    const struct module *m = *state;
    int seen[HUNDREDS] = { 0 };
    for (const struct node *n = m->programs->first; n; n = n->next) {
        const int hundred = node_runs(n) ? n->results[0]->id / 100 : 0;
        if (hundred > 0 && phase_of(n) != hundreds[hundred].phase)
            fail_msg("%%%d belongs to %s", n->results[0]->id, phase_word(phase_of(n)));
        seen[hundred]++;
    }
    for (int i = 0; i < HUNDREDS; i++)
        assert_true(seen[i] >= 2);
}

static void phases_share_the_work(void **state)
{
    const struct module *m = *state;
    double sum = 0;
    for (int i = 1; i < HUNDREDS; i++) {
        const double flop = phase_flop(m->programs, hundreds[i].phase);
        assert_true(flop == hundreds[i].flop);
        sum += flop;
    }
    assert_true(sum == cost_flop(m->programs));
}

static int read_case(void **state)
{
    struct module *m = module_read(arena_new(), "case.ir", text, sizeof text - 1);
    if (m)
        module_check(m, "reading", true);
    *state = m;
    return m ? 0 : -1;
}

static int free_case(void **state)
{
    arena_free(((struct module *)*state)->arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_have_their_phases),
        cmocka_unit_test(phases_share_the_work),
    };
    return cmocka_run_group_tests(tests, read_case, free_case);
}
