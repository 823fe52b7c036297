/* lstmc/bf16_product.h as kernels_avx512.c compiles it, with products by three kinds of instructions. */
#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#define AVX512       "avx512f,avx512bw,avx512dq,avx512vl"
#define REAL         float
#define REAL_BITS    32
#define V            16
#define TARGET       AVX512
#define WIDTH        512
#define SUFFIX(name) name##_avx512
#define BF16         BF16_PLAIN
#include "bf16_functions.inc"

#undef SUFFIX
#undef BF16
#define TARGET       AVX512 ",avx512bf16"
#define WIDTH        512
#define SUFFIX(name) name##_avx512_bf16
#define BF16         BF16_DOT
#include "bf16_functions.inc"

#undef SUFFIX
#undef BF16
#define TARGET       AVX512 ",avx512bf16,amx-tile,amx-bf16"
#define WIDTH        512
#define SUFFIX(name) name##_amx
#define BF16         BF16_AMX
#include "bf16_functions.inc"

#define KINDS                                                                                      \
    { "avx512", over_product_avx512, over_tiles_avx512 },                                          \
        { "avx512_bf16", over_product_avx512_bf16, over_tiles_avx512_bf16 },                       \
    {                                                                                              \
        "amx", over_product_amx, over_tiles_amx                                                    \
    }
#include "bf16_checks.inc"
