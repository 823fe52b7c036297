/* sample/kernels_baseline.c: written by lstmc 0.1 from the spec of model "sample".
 * Do not edit; change the spec and run lstmc again.
 * model   LSTM 2 > Dense 37 softmax, float32, batch 4, steps 3
 * cost    0.001 MFLOP forward, 0.003 MFLOP an update; 431 parameters; work 4.03 kB
 */
#include "kernels.h"
#include <math.h>
#include <string.h>

#if defined(__clang__)
#pragma clang fp contract(fast)
#elif defined(__GNUC__)
#pragma GCC optimize("O2,fp-contract=fast")
#endif

#define V 4
#define SUFFIX(name) name##_baseline
#define BY_ISA(avx512, avx2, baseline) baseline
#include "kernels.inc"
