/* Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as
 * 1, 2, 3", SC 2011). */
#ifndef LSTMC_RANDOM_H
#define LSTMC_RANDOM_H
#include <stdint.h>

/* Streams that are not masks: the runtime's own, far above the compiler's. */
enum { STREAM_SHUFFLE = 0x40000000, STREAM_SAMPLE = 0x40000001, STREAM_CHECK = 0x40000002 };

void philox(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4]);
/* [0, 1) with 53 bits, from words 0 and 1 of the block. */
double random_uniform(uint32_t seed, uint32_t stream, uint64_t index);
/* Standard normal by Box and Muller, in double. */
double random_normal(uint32_t seed, uint32_t stream, uint64_t index);
/* A permutation of 0..n-1 by Fisher and Yates, a function of (seed, epoch) alone. */
void random_permutation(uint32_t seed, uint32_t epoch, uint32_t *order, uint32_t n);
#endif
