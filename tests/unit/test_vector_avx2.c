/* lstmc/vector.h as kernels_avx2.c compiles it. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#define TARGET    "avx2,fma"
#define WIDTH     256
#define REAL      float
#define REAL_BITS 32
#define V         8
#include "vector_functions.inc"

#define RUNS_HERE (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
#include "vector_checks.inc"
