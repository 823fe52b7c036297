/* lstmc/vector.h as kernels_avx512.c compiles it. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#define TARGET    "avx512f,avx512bw,avx512dq,avx512vl"
#define WIDTH     512
#define REAL      float
#define REAL_BITS 32
#define V         16
#include "vector_functions.inc"

#define RUNS_HERE (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
#include "vector_checks.inc"
