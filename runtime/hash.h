/* SHA-256 (FIPS 180-4) and CRC-32C (Castagnoli, RFC 3720). */
#ifndef LSTMC_HASH_H
#define LSTMC_HASH_H
#include <stddef.h>
#include <stdint.h>

struct sha256 {
    uint32_t state[8];
    uint64_t length; /* bytes so far */
    unsigned char block[64];
};

void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t n);
void sha256_hex(struct sha256 *s, char out[65]); /* ends the sum */
/* Continues a sum; begin with crc = 0. */
uint32_t crc32c(uint32_t crc, const void *data, size_t n);
#endif
