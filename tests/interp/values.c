/* Numbers that follow from a name or a counter alone. */
#include "machine.h"
#include <math.h>

/* splitmix64's finalizer: every bit of x reaches every bit of the result. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

double named_uniform(const char *name, uint32_t seed, int64_t index)
{
    uint64_t h = mix(seed + 0x9e3779b97f4a7c15u);
    for (; *name; name++)
        h = mix(h ^ (unsigned char)*name);
    return (double)(mix(h + (uint64_t)index) >> 11) * 0x1p-53;
}

/* One round of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011, figure 2. */
static void philox_round(uint32_t x[4], const uint32_t key[2])
{
    uint64_t a = (uint64_t)x[0] * 0xD2511F53u, b = (uint64_t)x[2] * 0xCD9E8D57u;
    uint32_t y[4] = { (uint32_t)(b >> 32) ^ x[1] ^ key[0], (uint32_t)b,
                      (uint32_t)(a >> 32) ^ x[3] ^ key[1], (uint32_t)a };
    for (int i = 0; i < 4; i++)
        x[i] = y[i];
}

bool random_bit(struct random_key k, uint32_t stream, uint32_t t, int64_t row, int64_t col,
                double p)
{
    uint32_t x[4] = { k.update, t, (uint32_t)(row / 4), (uint32_t)col };
    uint32_t key[2] = { k.seed, stream };
    for (int i = 0; i < 10; i++) {
        philox_round(x, key);
        key[0] += 0x9E3779B9u;
        key[1] += 0xBB67AE85u;
    }
    return (double)x[row % 4] >= nearbyint((1 - p) * 0x1p32);
}
