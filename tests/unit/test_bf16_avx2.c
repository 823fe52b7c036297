/* lstmc/bf16_product.h as kernels_avx2.c compiles it. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#define REAL         float
#define REAL_BITS    32
#define V            8
#define TARGET       "avx2,fma"
#define WIDTH        256
#define SUFFIX(name) name##_avx2
#define BF16         BF16_PLAIN
#include "bf16_functions.inc"

#define KINDS                                                                                      \
    {                                                                                              \
        "avx2", over_product_avx2, over_tiles_avx2                                                 \
    }
#include "bf16_checks.inc"
