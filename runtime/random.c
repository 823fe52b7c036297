/* Counter-based random numbers. A value is a function of (seed, stream, index) alone, so no thread,
 * order or resume can change it. */
#include "random.h"
#include <math.h>

void philox(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4])
{
    uint32_t k0 = key[0], k1 = key[1];
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

static void block(uint32_t seed, uint32_t stream, uint64_t index, uint32_t high, uint32_t out[4])
{
    const uint32_t key[2] = { seed, stream };
    const uint32_t counter[4] = { (uint32_t)index, (uint32_t)(index >> 32), high, 0 };
    philox(key, counter, out);
}

/* [0, 1): the upper 53 bits of two words. */
static double unit(uint32_t low, uint32_t high)
{
    return (double)(((uint64_t)high << 32 | low) >> 11) * 0x1p-53;
}

double random_uniform(uint32_t seed, uint32_t stream, uint64_t index)
{
    uint32_t w[4];
    block(seed, stream, index, 0, w);
    return unit(w[0], w[1]);
}

double random_normal(uint32_t seed, uint32_t stream, uint64_t index)
{
    uint32_t w[4];
    block(seed, stream, index, 0, w);
    /* 1 - u lies in (0, 1], where the logarithm is finite. */
    return sqrt(-2 * log(1 - unit(w[0], w[1]))) * cos(0x1.921fb54442d18p+2 * unit(w[2], w[3]));
}

void random_permutation(uint32_t seed, uint32_t epoch, uint32_t *order, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    for (uint32_t i = n; i > 1; i--) {
        uint32_t w[4];
        block(seed, STREAM_SHUFFLE, i, epoch, w);
        /* unit < 1 and i < 2^32, so the product rounds to less than i. */
        uint32_t j = (uint32_t)(unit(w[0], w[1]) * i), last = order[i - 1];
        order[i - 1] = order[j];
        order[j] = last;
    }
}
