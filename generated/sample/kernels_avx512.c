/* sample/kernels_avx512.c: written by lstmc 0.1 from the spec of model "sample".
 * Do not edit; change the spec and run lstmc again.
 * model   LSTM 2 > Dense 37 softmax, float32, batch 4, steps 3
 * cost    0.001 MFLOP forward, 0.003 MFLOP an update; 431 parameters; work 4.03 kB
 */
#include "kernels.h"
#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#pragma clang attribute push(__attribute__((min_vector_width(512))), apply_to = function)
#pragma clang fp contract(fast)
#elif defined(__GNUC__)
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512")
#pragma GCC optimize("O2,fp-contract=fast")
#endif

#define V 16
#define SUFFIX(name) name##_avx512
#define BY_ISA(avx512, avx2, baseline) avx512
#include "kernels.inc"

#if defined(__clang__)
#pragma clang attribute pop
#pragma clang attribute pop
#endif
#endif
