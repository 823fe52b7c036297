/* --summary: the model as a table for people. Layers as Keras prints them, then data, memory and
 * work; of a .ir what it has of these. */
#include "cost.h"
#include "grid.h"
#include "home.h"
#include "number.h"
#include "passes.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

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
               shape_width, l->output, number_grouped(l->parameters).text);
        total += l->parameters;
    }
    printf("Total params: %s\n", number_grouped(total).text);
}

static void print_data(const struct module *m)
{
    const struct data *d = &m->data;
    if (!d->corpus || m->fit.batch == 0)
        return;
    int64_t updates = (d->samples + m->fit.batch - 1) / m->fit.batch;
    printf("Corpus:       %s, %s characters, %s symbols\n", d->corpus,
           number_grouped(d->characters).text, number_grouped(d->symbol_count).text);
    printf("Samples:      %s windows of %s, %s updates an epoch of batch %s\n",
           number_grouped(d->samples).text, number_grouped(d->length).text,
           number_grouped(updates).text, number_grouped(m->fit.batch).text);
    printf("Loss to beat: %.3f nats untrained (ln %d), %.3f from letter frequencies alone\n",
           log(d->symbol_count), d->symbol_count, d->unigram);
}

/* What a trainer holds of the corpus: an index for each character, and the order of the samples. */
static int64_t text_bytes(const struct module *m)
{
    return (int64_t)sizeof(uint32_t) *
           (m->data.characters + (m->fit.shuffle ? m->data.samples : 0));
}

static void print_cost(const struct module *m)
{
    struct arena *a = m->arena;
    const struct program *train = program_find(m, "train");
    printf("Memory:       %s: parameters %s, optimizer %s, activations %s; beside it %s for the "
           "text\n",
           number_bytes(m->param_bytes + m->state_bytes + m->work_bytes).text,
           number_bytes(m->param_bytes).text, number_bytes(m->state_bytes).text,
           number_bytes(m->work_bytes).text, number_bytes(text_bytes(m)).text);
    if (!train)
        return;
    printf("Work:         %s an update, %s of it forward\n", flop_text(a, cost_flop(train)),
           flop_text(a, cost_flop_part(train, PART_FORWARD)));
    printf("Schedule:     %s barriers between the workers an update, %s values copied\n",
           number_grouped(program_phases(train) - 1).text,
           number_grouped(program_copies(train)).text);
}

void print_summary(const struct module *m)
{
    printf("Model: \"%s\" (%s)\n%s\n\n", m->name, dtype_words[m->dtype], m->title ? m->title : "");
    print_layers(m);
    printf("\n");
    print_data(m);
    print_cost(m);
}
