#include "cores.h"
#include "isa.h"
#include "number.h"
#include "options.h"
#include "products.h"
#include "safetensors.h"
#include "say.h"
#include "text.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t parameters(const struct lstmc_model *m)
{
    int64_t total = 0;
    for (int i = 0; i < m->layer_count; i++)
        total += m->layers[i].parameters;
    return total;
}

static void print_layers(const struct lstmc_model *m)
{
    printf("%-24s %-24s %12s\n", "layer", "output", "parameters");
    for (int i = 0; i < m->layer_count; i++) {
        const struct lstmc_layer *l = &m->layers[i];
        char name[128];
        snprintf(name, sizeof name, "%.60s (%.60s)", l->name, l->kind);
        printf("%-24s %-24s %12s\n", name, l->output, number_grouped(l->parameters).text);
    }
    printf("%-24s %-24s %12s\n\n", "", "", number_grouped(parameters(m)).text);
}

static void print_model(const struct lstmc_model *m)
{
    static const char *const dtypes[] = { [LSTMC_FLOAT32] = "float32",
                                          [LSTMC_FLOAT64] = "float64",
                                          [LSTMC_MIXED_BFLOAT16] = "mixed_bfloat16" };
    printf("model     %s: %s, %s\n", m->name, m->title, dtypes[m->dtype]);
    printf("learns    %s, %s; batch %d, %d steps, predicts %s\n", m->loss, m->optimizer, m->batch,
           m->steps, m->every ? "at every step" : "after the last step");
    printf("text      %s, %s characters, %d symbols%s; stride %d\n", m->corpus,
           number_grouped(m->characters).text, m->symbol_count, m->lowercase ? ", lower-cased" : "",
           m->stride);
    printf("memory    %s: parameters %s, optimizer %s, activations %s\n",
           number_bytes(m->arena_bytes).text, number_bytes(m->param_bytes).text,
           number_bytes(m->state_bytes).text, number_bytes(m->work_bytes).text);
    printf("cost      %s GFLOP an update, of which forward %s\n",
           number_short(m->flop_update / 1e9, 4).text, number_short(m->flop_forward / 1e9, 4).text);
    printf("here      %d cores allowed; %s; kernels", cores_allowed(""), products_name());
    for (int i = 0; i < m->isa_count; i++)
        printf(" %s%s", m->isas[i].name, isa_runs_here(m->isas[i].name) ? "" : " (not here)");
    printf("\nspec      %s\nlstmc     %s\n\n", m->spec_hash, m->version);
    print_layers(m);
    printf("compiled in:\n%s", m->compiled);
}

/* Of a foreign file, perhaps. */
static void print_name(const char *name, int width)
{
    char shown[256];
    snprintf(shown, sizeof shown, "%-*s", width, name);
    printf("  %s ", text_tame(shown));
}

static void print_text(const struct stored_text *t)
{
    print_name(t->key.text, 20);
    json_put(stdout, t->value.text, t->value.length);
    putchar('\n');
}

static void print_checkpoint(const struct lstmc_model *m, const char *path)
{
    struct safetensors s;
    char shape[128];
    if (!safetensors_read(&s, path))
        quit(STATUS_INPUT, "%s: %s", path, s.why);
    const struct json_text *spec = safetensors_text(&s, "spec");
    printf("%s: %s of this trainer's spec; %s\n", path,
           spec && strcmp(spec->text, m->spec_hash) == 0 ? "a checkpoint" : "not",
           s.has_crc ? "whole by its CRC" : "it has no CRC");
    for (size_t i = 0; i < s.text_count; i++)
        print_text(&s.texts[i]);
    for (size_t i = 0; i < s.tensor_count; i++) {
        safetensors_shape(s.tensors[i].rank, s.tensors[i].dims, shape, sizeof shape);
        print_name(s.tensors[i].name, 40);
        printf("%s %s\n", s.tensors[i].dtype->name, shape);
    }
    safetensors_free(&s);
}

int command_info(const struct lstmc_model *m, const struct settings *s)
{
    if (s->checkpoint)
        print_checkpoint(m, s->checkpoint);
    else
        print_model(m);
    return STATUS_DONE;
}
