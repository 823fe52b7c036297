/* The phases of an update, as the trainer's `bench` tells them apart. */
#ifndef LSTMC_PHASE_H
#define LSTMC_PHASE_H
#include "ir.h"
#include "lstmc/model.h"

/* Where a node that runs belongs: what is done time step by time step is recurrent; of the rest the
 * optimizer, and what sums over the rows, which are samples, in the backward part, make new weights;
 * what else is a product, or the look-up that stands for one with one-hot rows, is a projection. */
enum lstmc_phase phase_of(const struct node *n);
/* LSTMC_PROJECTIONS */
const char *phase_word(enum lstmc_phase phase);
double phase_flop(const struct program *p, enum lstmc_phase phase);
#endif
