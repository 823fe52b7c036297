/* lstmc/vector.h as kernels_baseline.c compiles it, in double. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#define REAL      double
#define REAL_BITS 64
#define V         2
#include "vector_functions.inc"

#define RUNS_HERE 1
#include "vector_checks.inc"
