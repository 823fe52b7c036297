/* lstmc/bf16_product.h as kernels_baseline.c compiles it. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#define REAL         float
#define REAL_BITS    32
#define V            4
#define SUFFIX(name) name##_baseline
#define BF16         BF16_PLAIN
#include "bf16_functions.inc"

#define KINDS                                                                                      \
    {                                                                                              \
        "baseline", over_product_baseline, over_tiles_baseline                                     \
    }
#include "bf16_checks.inc"
