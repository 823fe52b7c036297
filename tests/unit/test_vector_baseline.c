/* lstmc/vector.h as kernels_baseline.c compiles it, in float. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#define REAL      float
#define REAL_BITS 32
#define V         4
#include "vector_functions.inc"

#define RUNS_HERE 1
#include "vector_checks.inc"
