/* lstmc/bf16_product.h as kernels_avx512.c compiles it, with products by three kinds of instructions. */
#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__clang__)
#pragma clang fp contract(fast)
#endif
#define REAL         float
#define REAL_BITS    32
#define V            16
#define SUFFIX(name) name##_avx512
#define BF16         BF16_PLAIN
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))),        \
                             apply_to = function)
#pragma clang attribute push(__attribute__((min_vector_width(512))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512")
#pragma GCC optimize("O3,fp-contract=fast")
#endif
#include "bf16_functions.inc"
#if defined(__clang__)
#pragma clang attribute pop
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#undef SUFFIX
#undef BF16
#define SUFFIX(name) name##_avx512_bf16
#define BF16         BF16_DOT
#if defined(__clang__)
#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16"))), apply_to = function)
#pragma clang attribute push(__attribute__((min_vector_width(512))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,prefer-vector-width=512")
#pragma GCC optimize("O3,fp-contract=fast")
#endif
#include "bf16_functions.inc"
#if defined(__clang__)
#pragma clang attribute pop
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#undef SUFFIX
#undef BF16
#define SUFFIX(name) name##_amx
#define BF16         BF16_AMX
#if defined(__clang__)
#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,amx-tile,amx-bf16"))),    \
    apply_to = function)
#pragma clang attribute push(__attribute__((min_vector_width(512))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target(                                                                                \
    "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,amx-tile,amx-bf16,prefer-vector-width=512")
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
    { "avx512", over_product_avx512, over_tiles_avx512 },                                          \
        { "avx512_bf16", over_product_avx512_bf16, over_tiles_avx512_bf16 },                       \
    {                                                                                              \
        "amx", over_product_amx, over_tiles_amx                                                    \
    }
#include "bf16_checks.inc"
