/* Initial values of parameters and states. */
#ifndef LSTMC_INIT_H
#define LSTMC_INIT_H
#include "lstmc/model.h"

/* Fills `values` (row-major, Keras's shape) with the tensor's initial values, which depend on seed
 * and stream alone: element (r, c) draws number r * columns + c of its stream (ORTHOGONAL: of the
 * normal matrix that is decomposed). A tensor of rank 1 is one row. Formulas are those of Keras 3
 * (keras/src/initializers/random_initializers.py). 0, or -1 when memory is out. */
int init_tensor(const struct lstmc_tensor *tensor, uint32_t seed, double *values);
#endif
