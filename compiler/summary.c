/* --summary: the model as a table for people. Layers as Keras prints them, then data, memory and
 * work. */
#include "cost.h"
#include "passes.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* 1096543 -> 1,096,543, as Keras groups numbers. */
static const char *grouped(struct arena *a, int64_t n)
{
    char digits[24], out[32];
    int length = snprintf(digits, sizeof digits, "%" PRId64, n), k = 0;
    for (int i = 0; i < length; i++) {
        out[k++] = digits[i];
        int left = length - 1 - i;
        if (left > 0 && left % 3 == 0 && digits[i] != '-')
            out[k++] = ',';
    }
    return arena_copy(a, out, (size_t)k);
}

static const char *megabytes(struct arena *a, int64_t bytes)
{
    return bytes < 100 << 10 ? arena_printf(a, "%.1f KB", (double)bytes / 1024)
                             : arena_printf(a, "%.1f MB", (double)bytes / (1 << 20));
}

static const char *flop_text(struct arena *a, double flop)
{
    return flop < 1e7 ? arena_printf(a, "%.3f MFLOP", flop * 1e-6)
                      : arena_printf(a, "%.2f GFLOP", flop * 1e-9);
}

static void print_layers(const struct module *m)
{
    struct arena *a = m->arena;
    int name_width = 12, shape_width = 12;
    for (const struct layer *l = m->layers; l; l = l->next) {
        int w = (int)(strlen(l->name) + strlen(l->kind)) + 3, s = (int)strlen(l->output);
        name_width = w > name_width ? w : name_width;
        shape_width = s > shape_width ? s : shape_width;
    }
    int64_t total = 0;
    printf("%-*s   %-*s   %10s\n", name_width, "Layer (type)", shape_width, "Output shape",
           "Param #");
    for (const struct layer *l = m->layers; l; l = l->next) {
        printf("%-*s   %-*s   %10s\n", name_width, arena_printf(a, "%s (%s)", l->name, l->kind),
               shape_width, l->output, grouped(a, l->parameters));
        total += l->parameters;
    }
    printf("Total params: %s\n", grouped(a, total));
}

static void print_data(const struct module *m)
{
    struct arena *a = m->arena;
    const struct data *d = &m->data;
    int64_t updates = (d->samples + m->fit.batch - 1) / m->fit.batch;
    printf("Corpus:       %s, %s characters, %s symbols\n", d->corpus, grouped(a, d->characters),
           grouped(a, d->symbol_count));
    printf("Samples:      %s windows of %s, %s updates an epoch of batch %s\n",
           grouped(a, d->samples), grouped(a, d->length), grouped(a, updates),
           grouped(a, m->fit.batch));
    printf("Loss to beat: %.3f nats untrained (ln %d), %.3f from letter frequencies alone\n",
           log(d->symbol_count), d->symbol_count, d->unigram);
}

static void print_cost(const struct module *m)
{
    struct arena *a = m->arena;
    const struct program *train = program_find(m, "train");
    printf("Memory:       parameters %s, optimizer %s, activations %s, total %s\n",
           megabytes(a, m->param_bytes), megabytes(a, m->state_bytes), megabytes(a, m->work_bytes),
           megabytes(a, m->param_bytes + m->state_bytes + m->work_bytes));
    printf("Work:         %s an update, %s of it forward\n", flop_text(a, cost_flop(train)),
           flop_text(a, cost_flop_part(train, PART_FORWARD)));
}

void print_summary(const struct module *m)
{
    printf("Model: \"%s\" (%s)\n%s\n\n", m->name, m->dtype == DTYPE_FLOAT64 ? "float64" : "float32",
           m->title);
    print_layers(m);
    printf("\n");
    print_data(m);
    print_cost(m);
}
