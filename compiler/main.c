/* lstmc: a model's description goes in, a trainer's C sources come out. The whole road stands in compile(). */
#define _POSIX_C_SOURCE 200809L
#include "diag.h"
#include "emit.h"
#include "emit_check.h"
#include "passes.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* Passes neither check nor print: that is done here, between them. */
static void after(enum stage s, struct module *m, const struct options *o)
{
    if (m->stage > s) /* a .ir that was read at a later stage */
        return;
    module_check(m, stage_names[s], false);
    if (o->dump && strcmp(o->dump, stage_names[s]) == 0) {
        struct buffer text = { .arena = m->arena };
        module_write(m, &text, WRITE_LINES);
        fwrite(text.text, 1, text.length, stdout);
    }
}

static bool must_reach(const struct module *m, enum stage s)
{
    return m->stage < s;
}

static void compile(struct arena *a, const struct options *o)
{
    /* clang-format off */
    struct module *m = read_model(a, o); /* spec.lua or model.ir */         after(STAGE_TRACE, m, o);
    if (must_reach(m, STAGE_GRAD)) { differentiate(m); }                    after(STAGE_GRAD, m, o);
    if (must_reach(m, STAGE_OPT)) { optimise(m, o); }                       after(STAGE_OPT, m, o);
    if (must_reach(m, STAGE_SCHEDULE)) { schedule_work(m, o); }             after(STAGE_SCHEDULE, m, o);
    if (must_reach(m, STAGE_PLAN)) { plan_memory(m, o); }                   after(STAGE_PLAN, m, o);
    if (o->check) { check_trainer(m); }
    if (o->summary) { print_summary(m); }
    if (o->output || o->emit_given) { emit_model(m, o); } /* to memory, then to disk */
    /* clang-format on */
}

int main(int argc, char **argv)
{
    struct arena *a = arena_new();
    signal(SIGXFSZ, SIG_IGN); /* a file-size limit, as the child of a spec has, is an error of write, as a full disk is */
    compile(a, read_options(a, argc, argv));
    flush_output();
    arena_free(a);
    return EXIT_DONE;
}
