/* SHA-256 for what a checkpoint is tied to (spec, corpus), CRC-32C for its own bytes. */
#include "hash.h"
#include <string.h>

/* ---- SHA-256 (FIPS 180-4) ------------------------------------------------------------------- */

static const uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t x, int n)
{
    return x >> n | x << (32 - n);
}

static void add_block(uint32_t state[8], const unsigned char *p)
{
    uint32_t w[64], s[8];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 |
               (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    memcpy(s, state, sizeof s);
    for (int i = 0; i < 64; i++) {
        uint32_t s1 = rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25);
        uint32_t choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
        uint32_t t1 = s[7] + s1 + choice + round_constants[i] + w[i];
        uint32_t s0 = rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22);
        uint32_t majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += t1;
        s[0] = t1 + s0 + majority;
    }
    for (int i = 0; i < 8; i++)
        state[i] += s[i];
}

void sha256_init(struct sha256 *s)
{
    *s = (struct sha256){ .state = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
                                     0x9b05688c, 0x1f83d9ab, 0x5be0cd19 } };
}

void sha256_add(struct sha256 *s, const void *data, size_t n)
{
    const unsigned char *p = data;
    while (n > 0) {
        for (; s->length % sizeof s->block == 0 && n >= sizeof s->block; p += sizeof s->block) {
            add_block(s->state, p);
            s->length += sizeof s->block;
            n -= sizeof s->block;
        }
        size_t used = s->length % sizeof s->block, take = sizeof s->block - used;
        if (take > n)
            take = n;
        memcpy(s->block + used, p, take);
        s->length += take;
        p += take;
        n -= take;
        if (used + take == sizeof s->block)
            add_block(s->state, s->block);
    }
}

void sha256_hex(struct sha256 *s, char out[65])
{
    static const unsigned char one = 0x80, zero = 0;
    uint64_t bits = s->length * 8;
    unsigned char big_endian[8];
    for (int i = 0; i < 8; i++)
        big_endian[i] = (unsigned char)(bits >> (56 - 8 * i));
    sha256_add(s, &one, 1);
    while (s->length % sizeof s->block != sizeof s->block - sizeof big_endian)
        sha256_add(s, &zero, 1);
    sha256_add(s, big_endian, sizeof big_endian);
    for (int i = 0; i < 64; i++)
        out[i] = "0123456789abcdef"[s->state[i / 8] >> (28 - 4 * (i % 8)) & 15];
    out[64] = '\0';
}

/* ---- CRC-32C -------------------------------------------------------------------------------- */

/* The remainder is linear in the byte: an entry of the table is the sum of those of its bits, and
 * the preprocessor spells out all 256. */
#define ENTRY(i)                                                                                   \
    (((i)&1 ? 0xF26B8303u : 0) ^ ((i)&2 ? 0xE13B70F7u : 0) ^ ((i)&4 ? 0xC79A971Fu : 0) ^           \
     ((i)&8 ? 0x8AD958CFu : 0) ^ ((i)&16 ? 0x105EC76Fu : 0) ^ ((i)&32 ? 0x20BD8EDEu : 0) ^         \
     ((i)&64 ? 0x417B1DBCu : 0) ^ ((i)&128 ? 0x82F63B78u : 0))
#define FOUR(i)    ENTRY(i), ENTRY((i) + 1), ENTRY((i) + 2), ENTRY((i) + 3)
#define SIXTEEN(i) FOUR(i), FOUR((i) + 4), FOUR((i) + 8), FOUR((i) + 12)
#define ROW(i)     SIXTEEN(i), SIXTEEN((i) + 16), SIXTEEN((i) + 32), SIXTEEN((i) + 48)
static const uint32_t remainders[256] = { ROW(0), ROW(64), ROW(128), ROW(192) };

uint32_t crc32c(uint32_t crc, const void *data, size_t n)
{
    const unsigned char *p = data;
    crc = ~crc;
    for (size_t i = 0; i < n; i++)
        crc = crc >> 8 ^ remainders[(crc ^ p[i]) & 0xFF];
    return ~crc;
}
