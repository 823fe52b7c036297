/* Which of the instruction sets that a trainer has kernels for this CPU can run. */
#ifndef LSTMC_ISA_H
#define LSTMC_ISA_H
#include "lstmc/model.h"
#include <stdbool.h>

/* By its name in struct lstmc_isa; false for a name that is unknown. */
bool isa_runs_here(const char *name);
/* The one of "avx512", "avx2" and "baseline" whose vectors its kernels are written in. */
const char *isa_lanes(const char *name);
/* Has it products of bfloat16, or are they made of multiply-adds of floats? */
bool isa_multiplies_bf16(const char *name);
/* The instruction set called `name`, or the best one that runs here for NULL and "auto". Ends with
 * exit 2 when the CPU or the trainer lacks it. */
const struct lstmc_isa *isa_choose(const struct lstmc_model *m, const char *name);
#endif
