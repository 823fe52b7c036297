/* Predicts with the step of specs/sample.lua and nothing else: no runtime, no BLAS, no threads. Prints the probabilities
 * of a walk through all symbols, twice from a fresh state. */
#include "sample.h"
#include <stdio.h>
#include <string.h>

static struct sample_weights weights;
static struct sample_state state;

int main(void)
{
    float p[SAMPLE_SYMBOLS];
    sample_reset(&state);
    sample_step(&weights, &state, 0, p);
    for (int i = 0; i < SAMPLE_SYMBOLS; i++)
        if (p[i] * SAMPLE_SYMBOLS < 0.99999f || p[i] * SAMPLE_SYMBOLS > 1.00001f)
            return 1; /* zero weights know nothing */

    float *w = (float *)&weights;
    for (size_t i = 0; i < sizeof weights / sizeof *w; i++)
        w[i] = (float)((int)(i * 37 % 101) - 50) / 100;
    for (int walk = 0; walk < 2; walk++) {
        sample_reset(&state);
        for (int symbol = 0; symbol < SAMPLE_SYMBOLS; symbol++) {
            sample_step(&weights, &state, symbol, p);
            for (int i = 0; i < SAMPLE_SYMBOLS; i++)
                printf("%d %d %.4f\n", symbol, i, (double)p[i]);
        }
    }
    return 0;
}
