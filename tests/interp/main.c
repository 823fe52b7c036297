/* interp MODEL.ir PROGRAM: runs a program on values that follow from names alone, prints what comes
 * out, or compares it with another module's, which may be of another stage. */
#include "diag.h"
#include "file.h"
#include "interp.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: interp MODEL.ir PROGRAM [options]\n"
    "  --update N --seed N     of random bits and of the values that stand in for data (default "
    "1)\n"
    "  --places                values of MODEL.ir live at their planned places\n"
    "  --threads N             and phase by phase, in blocks of N workers, the last worker first\n"
    "  --ascending             the first worker first\n"
    "  --compare OTHER.ir      compare with OTHER.ir, run plainly; exit 1 if they differ\n"
    "  --limit X               largest relative L2 difference (default 1e-12)\n";

struct request {
    const char *model, *program, *other;
    uint32_t seed, update;
    double limit;
    struct interp_mode mode;
};

/* ---- the command line ------------------------------------------------------------------------- */

static _Noreturn void misuse(const char *what)
{
    fprintf(stderr, "interp: %s\n%s", what, usage);
    exit(EXIT_USER);
}

static const char *operand(char ***argv)
{
    if (!**argv)
        misuse("an option lacks its value");
    return *(*argv)++;
}

static struct request read_request(char **argv)
{
    struct request q = { .seed = 1, .update = 1, .limit = 1e-12 };
    while (*argv) {
        const char *s = *argv++;
        if (strcmp(s, "--update") == 0)
            q.update = (uint32_t)strtoul(operand(&argv), NULL, 10);
        else if (strcmp(s, "--seed") == 0)
            q.seed = (uint32_t)strtoul(operand(&argv), NULL, 10);
        else if (strcmp(s, "--limit") == 0)
            q.limit = strtod(operand(&argv), NULL);
        else if (strcmp(s, "--compare") == 0)
            q.other = operand(&argv);
        else if (strcmp(s, "--threads") == 0)
            q.mode.threads = atoi(operand(&argv));
        else if (strcmp(s, "--places") == 0)
            q.mode.places = true;
        else if (strcmp(s, "--ascending") == 0)
            q.mode.ascending = true;
        else if (s[0] == '-' || q.program)
            misuse(arena_printf(arena_new(), "unknown option `%s`", s));
        else
            *(q.model ? &q.program : &q.model) = s;
    }
    if (!q.program)
        misuse("expected a file and a program");
    return q;
}

/* ---- files ------------------------------------------------------------------------------------ */

static struct interp *run(struct arena *a, const char *path, const struct request *q,
                          struct interp_mode mode)
{
    const struct buffer text = read_case(a, path);
    diag_source(path, text.text, text.length);
    const struct module *m = module_read(a, path, text.text, text.length);
    diag_stop_on_errors();
    if ((mode.places || mode.threads > 0) && m->stage < STAGE_PLAN)
        err("%s is at the stage %s and has no places", path, stage_names[m->stage]);
    struct interp *in = interp_new(m, q->program);
    if (!in)
        err("%s has no program %s", path, q->program);
    interp_fill(in, q->seed, q->update);
    if (!interp_run(in, mode))
        exit(EXIT_INTERNAL);
    return in;
}

/* ---- what comes out --------------------------------------------------------------------------- */

static const double *output(struct interp *in, const char *name, int64_t *count)
{
    return name[0] == '$' ? interp_tensor(in, name + 1, count) : interp_result(in, name, count);
}

static double norm(const double *x, const double *y, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += y ? (x[i] - y[i]) * (x[i] - y[i]) : x[i] * x[i];
    return sqrt(sum);
}

static void print_outputs(struct interp *in)
{
    for (const char *const *name = interp_outputs(in); *name; name++) {
        int64_t count;
        const double *x = output(in, *name, &count);
        printf("%s", *name);
        for (int64_t i = 0; i < count; i++)
            printf(" %.17g", x[i]);
        printf("\n");
    }
}

/* NaN is no agreement. */
static bool agree(const char *name, const double *x, const double *y, int64_t n, double limit)
{
    double scale = fmax(norm(x, NULL, n), norm(y, NULL, n)), distance = norm(x, y, n);
    double relative = scale > 0 ? distance / scale : distance;
    bool good = relative <= limit;
    printf("%-40s %s %.2e\n", name, good ? "agrees" : "DIFFERS", relative);
    return good;
}

static int compare(struct interp *a, struct interp *b, double limit)
{
    const char *const *x = interp_outputs(a), *const *y = interp_outputs(b);
    int bad = 0, good = 0;
    while (*x || *y) {
        int64_t n, k;
        int order = !*x ? 1 : !*y ? -1 : strcmp(*x, *y);
        if (order != 0) {
            printf("%-40s DIFFERS: only one of the two has it\n", order < 0 ? *x : *y);
            bad++;
        } else {
            const double *p = output(a, *x, &n), *q = output(b, *y, &k);
            bool same = n == k && agree(*x, p, q, n, limit);
            *(same ? &good : &bad) += 1;
        }
        x += order <= 0;
        y += order >= 0;
    }
    printf("%d of %d outputs agree within %g\n", good, good + bad, limit);
    return bad > 0 || good == 0;
}

int main(int argc, char **argv)
{
    (void)argc;
    struct arena *a = arena_new();
    struct request q = read_request(argv + 1);
    struct interp *in = run(a, q.model, &q, q.mode);
    int status = 0;
    if (q.other) {
        struct interp *other = run(a, q.other, &q, (struct interp_mode){ 0 });
        status = compare(in, other, q.limit);
        interp_free(other);
    } else {
        print_outputs(in);
    }
    interp_free(in);
    arena_free(a);
    return status;
}
