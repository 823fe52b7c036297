/* How many multiply-adds the cores of this machine can do, measured here and now. */
#ifndef LSTMC_PEAK_H
#define LSTMC_PEAK_H
#include "lstmc/model.h"

/* GFLOP/s of the whole team in independent multiply-adds on registers, with the widest vectors of
 * this CPU, whatever the trainer uses; the best of several tries, about a quarter of a second in
 * all. */
double peak_gflops(struct lstmc_team *team, enum lstmc_dtype dtype);
#endif
