/* lstmc/vector.h as kernels_baseline.c compiles it, in float. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__clang__)
#pragma clang fp contract(fast)
#else
#pragma GCC push_options
#pragma GCC optimize("O3,fp-contract=fast")
#endif
#define REAL      float
#define REAL_BITS 32
#define V         4
#include "vector_functions.inc"
#if !defined(__clang__)
#pragma GCC pop_options
#endif

#define RUNS_HERE 1
#include "vector_checks.inc"
