/* Random bits: what runtime/random.h promises, in vectors. */
#ifndef LSTMC_RANDOM_BITS_H
#define LSTMC_RANDOM_BITS_H
#include <lstmc/model.h>
#include <lstmc/vector.h>

typedef uint64_t wide_words __attribute__((vector_size(sizeof(words))));

/* The 64-bit products of the even 32-bit lanes by the machine's own instruction: gcc makes long sums of shifts where
 * it knows a factor. */
INLINE wide_words product_of_even(wide_words x, wide_words y)
{
#ifdef COMBINE
    wide_words product;
    COMBINE(product, "pmuludq", x, y);
    return product;
#else
    return (x & 0xffffffff) * y;
#endif
}

/* Both halves of the 64-bit products of factor and 32-bit lanes. */
INLINE words product_high(words x, uint32_t factor, words *low)
{
    const wide_words y = (wide_words){ 0 } + factor, even = product_of_even((wide_words)x, y);
#if REAL_BITS == 32
    const wide_words odd = product_of_even((wide_words)x >> 32, y);
    *low = x * factor;
    return (words)((even >> 32) | (odd & 0xffffffff00000000));
#else
    *low = even & 0xffffffff;
    return even >> 32;
#endif
}

/* Philox4x32-10 with key (seed, stream) and counter (update, t, quad, col + lane): four vectors
 * of 32 random bits a lane, for the rows 4 quad to 4 quad + 3. runtime/random.h names the paper. */
INLINE void random_quad(words out[4], uint32_t seed, uint32_t stream, uint32_t update, uint32_t t,
                        uint32_t quad, int col)
{
    words c0 = (words){ 0 } + update, c1 = (words){ 0 } + t, c2 = (words){ 0 } + quad;
    words c3 = (words)columns_from(col);
    for (int round = 0; round < 10; round++) {
        words low0, low1;
        const words high0 = product_high(c0, 0xD2511F53, &low0);
        const words high1 = product_high(c2, 0xCD9E8D57, &low1);
        c0 = high1 ^ c1 ^ seed;
        c1 = low1;
        c2 = high0 ^ c3 ^ stream;
        c3 = low0;
        seed += 0x9E3779B9;
        stream += 0xBB67AE85;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

/* Random words for the four rows of a quad and a part of the columns. One function for all kernels, which
 * would have to carry it in each. */
enum { RANDOM_COLS = 160 }; /* at a time, at most */

typedef words random_words[4][RANDOM_COLS / V];

static NOT_INLINE void random_rows(random_words to, uint32_t seed, uint32_t stream, uint32_t update,
                                   uint32_t t, int quad, struct lstmc_range cols)
{
    for (int col = cols.first; col < cols.end; col += V) {
        words rows[4];
        random_quad(rows, seed, stream, update, t, (uint32_t)quad, col);
        UNROLLED
        for (int row = 0; row < 4; row++)
            to[row][(col - cols.first) / V] = rows[row];
    }
}
#endif
