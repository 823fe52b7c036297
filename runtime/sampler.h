/* Characters as the model would go on. */
#ifndef LSTMC_SAMPLER_H
#define LSTMC_SAMPLER_H
#include "engine.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct sampling {
    double temperature; /* 0: always the likeliest, the first of equals */
    int64_t top_k;      /* only the k likeliest; 0: all */
    double top_p;       /* of those only the likeliest that make up this share; 1: all */
    bool window; /* read the last T characters again for each new one; else carry the state on */
    uint32_t seed;
};

/* Why the model cannot sample so after a prompt of n symbols, or NULL. */
const char *sampler_refuses(const struct lstmc_model *m, bool window, int64_t n);
/* Writes `length` characters to `out` as UTF-8. The prompt (n > 0 symbols, of which the last T
 * count) runs from the zero state; in the window form, too, until T characters are known. Works in
 * the arena's work region only. NULL, or why the text ends before that. */
const char *sampler_write(struct engine *e, const struct sampling *s, const uint32_t *prompt,
                          int64_t n, int64_t length, FILE *out);
/* Reads one more symbol with the carried state; or T symbols from a zero state. The model's slot
 * for p of that form has the probabilities of what follows. engine_pack comes before the first. */
void sampler_step(struct engine *e, uint32_t symbol);
void sampler_window(struct engine *e, const uint32_t *symbols);
/* One symbol by p (count probabilities) and u in [0, 1); `scratch` has room for count entries of 16
 * bytes. */
uint32_t sampler_pick(const struct sampling *s, const double *p, int count, double u,
                      void *scratch);
#endif
