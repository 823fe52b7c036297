/* What the cores of this machine can do at most, measured here and now. */
#ifndef LSTMC_PEAK_H
#define LSTMC_PEAK_H
#include "lstmc/model.h"
#include <stddef.h>

/* GFLOP/s of the whole team, each worker at its own speed, in independent multiply-adds on registers, with
 * the vectors of `isa` ("avx512", "avx2", "baseline"; this CPU has it); takes about ten milliseconds. */
double peak_gflops(struct lstmc_team *team, const char *isa, enum lstmc_dtype dtype);
/* GB/s (1e9 bytes) at which the team reads `bytes` bytes of `memory` again and again, each worker
 * its own share, with the vectors of `isa`: from whatever cache they fit in. The median of several
 * tries, about a tenth of a second in all. `memory` is aligned to 64 bytes. */
double peak_read_gbs(struct lstmc_team *team, const char *isa, const void *memory, size_t bytes);
#endif
