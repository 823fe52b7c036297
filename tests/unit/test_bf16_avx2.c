/* lstmc/bf16_product.h as kernels_avx2.c compiles it. */
#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__clang__)
#pragma clang fp contract(fast)
#endif
#define REAL         float
#define REAL_BITS    32
#define V            8
#define SUFFIX(name) name##_avx2
#define BF16         BF16_PLAIN
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#pragma clang attribute push(__attribute__((min_vector_width(256))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#pragma GCC optimize("O3,fp-contract=fast")
#endif
#include "bf16_functions.inc"
#if defined(__clang__)
#pragma clang attribute pop
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#define KINDS                                                                                      \
    {                                                                                              \
        "avx2", over_product_avx2, over_tiles_avx2                                                 \
    }
#include "bf16_checks.inc"
