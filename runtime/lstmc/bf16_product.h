/* c = a b of bfloat16 operands, with sums in float32. Included once for each kind of arithmetic,
 * by the text that uses it:
 *
 *   BF16_PLAIN   multiply-adds of floats, on any machine
 *   BF16_DOT     vdpbf16ps of AVX512_BF16: pairs of terms
 *   BF16_AMX     tiles of AMX: 16 rows by 16 columns by a chunk of terms
 *
 * The two need <immintrin.h>, included before the pragmas of an instruction set. BF16 names the
 * kind, and SUFFIX keeps the functions apart. bf16.h says how the operands lie. An element's sum
 * is computed in the order of its terms, whatever the ranges are; the three kinds round
 * differently. */
#include <lstmc/bf16.h>

#if BF16 == BF16_AMX

/* ---- tiles of AMX ------------------------------------------------------------------------------
 * Tiles 0 to 3 are sums, 4 and 5 of a, 6 and 7 of b: 32 rows by two panels, or 16 rows by four. */

enum { TILE_ROWS = 16, TILE_BYTES = 64 };

struct SUFFIX(tiles) {
    uint8_t palette, start_row, reserved[14];
    uint16_t bytes[16]; /* of a row */
    uint8_t rows[16];
};

/* `upper` and `lower` rows of a; 0: there are none. */
INLINE void SUFFIX(open_tiles)(int upper, int lower)
{
    struct SUFFIX(tiles) t = { .palette = 1 };
    for (int i = 0; i < 8; i++) {
        const int rows = i >= 6 ? PAIRS : lower && (i == 2 || i == 3 || i == 5) ? lower : upper;
        t.bytes[i] = TILE_BYTES;
        t.rows[i] = (uint8_t)rows;
    }
    /* Compilers are not told that the instructions of tiles read memory. */
    __asm__ volatile("" : : "r"(&t) : "memory");
    _tile_loadconfig(&t);
}

/* Rows of sums from where a tile was stored, of which n columns are live. */
INLINE void SUFFIX(copy_sums)(float *c, int c_stride, const float *sums, int rows, int n)
{
    for (int row = 0; row < rows; row++)
        memcpy(c + row * c_stride, sums + row * PANEL, (size_t)n * sizeof *c);
}

/* A tile is named by a literal. */
#define STORE_TILE(tile, c, rows, n)                                                               \
    do {                                                                                           \
        if ((n) >= PANEL) {                                                                        \
            _tile_stored(tile, c, (size_t)c_stride * sizeof(float));                               \
        } else {                                                                                   \
            float sums[TILE_ROWS * PANEL];                                                         \
            _tile_stored(tile, sums, TILE_BYTES);                                                  \
            SUFFIX(copy_sums)(c, c_stride, sums, rows, n);                                         \
        }                                                                                          \
    } while (0)

/* upper + lower rows by two panels, or by one where fewer columns are live. */
INLINE void SUFFIX(high_block)(int upper, int lower, int n, int k, float *c, int c_stride,
                               const uint16_t *a, int a_stride, const uint16_t *b)
{
    const int panel = chunks_of(k) * CHUNK * PANEL, two = n > PANEL;
    const size_t a_bytes = (size_t)a_stride * sizeof *a;
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (int chunk = 0; chunk < chunks_of(k); chunk++) {
        const uint16_t *from = a + chunk_first(chunk, k), *to = b + chunk * CHUNK * PANEL;
        _tile_loadd(4, from, a_bytes);
        _tile_loadd(6, to, TILE_BYTES);
        _tile_dpbf16ps(0, 4, 6);
        _tile_loadd(5, from + TILE_ROWS * a_stride, a_bytes);
        _tile_dpbf16ps(2, 5, 6);
        if (two) {
            _tile_loadd(7, to + panel, TILE_BYTES);
            _tile_dpbf16ps(1, 4, 7);
            _tile_dpbf16ps(3, 5, 7);
        }
    }
    STORE_TILE(0, c, upper, n);
    STORE_TILE(2, c + TILE_ROWS * c_stride, lower, n);
    if (two) {
        STORE_TILE(1, c + PANEL, upper, n - PANEL);
        STORE_TILE(3, c + TILE_ROWS * c_stride + PANEL, lower, n - PANEL);
    }
}

/* `upper` rows by four panels, or by fewer. */
INLINE void SUFFIX(wide_block)(int upper, int n, int k, float *c, int c_stride, const uint16_t *a,
                               int a_stride, const uint16_t *b)
{
    const int panel = chunks_of(k) * CHUNK * PANEL, panels = (n + PANEL - 1) / PANEL;
    const size_t a_bytes = (size_t)a_stride * sizeof *a;
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (int chunk = 0; chunk < chunks_of(k); chunk++) {
        const uint16_t *to = b + chunk * CHUNK * PANEL;
        _tile_loadd(4, a + chunk_first(chunk, k), a_bytes);
        _tile_loadd(6, to, TILE_BYTES);
        _tile_dpbf16ps(0, 4, 6);
        if (panels > 1) {
            _tile_loadd(7, to + panel, TILE_BYTES);
            _tile_dpbf16ps(1, 4, 7);
        }
        if (panels > 2) {
            _tile_loadd(6, to + 2 * panel, TILE_BYTES);
            _tile_dpbf16ps(2, 4, 6);
        }
        if (panels > 3) {
            _tile_loadd(7, to + 3 * panel, TILE_BYTES);
            _tile_dpbf16ps(3, 4, 7);
        }
    }
    STORE_TILE(0, c, upper, n);
    if (panels > 1)
        STORE_TILE(1, c + PANEL, upper, n - PANEL);
    if (panels > 2)
        STORE_TILE(2, c + 2 * PANEL, upper, n - 2 * PANEL);
    if (panels > 3)
        STORE_TILE(3, c + 3 * PANEL, upper, n - 3 * PANEL);
}

/* Rows of c from `rows.first` on, and its first n columns. Rows go in equal groups of up to two
 * tiles. */
INLINE void SUFFIX(bf16_panels)(int tile_rows, int vectors, struct lstmc_range rows, int n, int k,
                                float *c, int c_stride, const uint16_t *a, int a_stride,
                                const uint16_t *b)
{
    const int panel = chunks_of(k) * CHUNK * PANEL, most = 2 * TILE_ROWS;
    const int groups = (length(rows) + most - 1) / most;
    const int high = groups > 0 ? (length(rows) + groups - 1) / groups : 0;
    const int upper = high < TILE_ROWS ? high : TILE_ROWS, lower = high - upper;
    const int wide = (lower > 0 ? 2 : 4) * PANEL;
    (void)tile_rows;
    (void)vectors;
    if (high == 0 || n <= 0)
        return;
    SUFFIX(open_tiles)(upper, lower);
    for (int r = rows.first; r < rows.end; r += high) {
        const int row = step_at(r, high, rows.end);
        for (int j = 0; j < n; j += wide) {
            float *to = c + row * c_stride + j;
            const uint16_t *from = a + row * a_stride, *right = b + j / PANEL * panel;
            if (lower > 0)
                SUFFIX(high_block)(upper, lower, n - j, k, to, c_stride, from, a_stride, right);
            else
                SUFFIX(wide_block)(upper, n - j, k, to, c_stride, from, a_stride, right);
        }
    }
    _tile_release();
}
#undef STORE_TILE

#else

/* ---- vectors -----------------------------------------------------------------------------------
 * Tiles of rows x vectors sums stay in registers. */

/* Adds the products of pairs of terms. */
INLINE vec SUFFIX(add_pairs)(vec sum, words a, words b)
{
#if BF16 == BF16_DOT
    return (vec)_mm512_dpbf16_ps((__m512)sum, (__m512bh)a, (__m512bh)b);
#else
    sum += (vec)(a << 16) * (vec)(b << 16);
    return sum + (vec)(a & 0xffff0000) * (vec)(b & 0xffff0000);
#endif
}

INLINE void SUFFIX(bf16_tile)(int rows, int vectors, int n, int k, float *c, int c_stride,
                              const uint16_t *a, int a_stride, const uint16_t *b)
{
    enum { CHUNKS_AHEAD = 4 };
    const int panel = chunks_of(k) * CHUNK * PANEL;
    vec sum[MAX_TILE] = { { 0 } };
    for (int chunk = 0; chunk < chunks_of(k); chunk++) {
        for (int r = 0; r < rows; r++) /* another worker may have written it */
            __builtin_prefetch(a + r * a_stride + (chunk + CHUNKS_AHEAD) * CHUNK);
        for (int i = chunk_zeros(chunk, k) / 2; i < PAIRS; i++) {
            words b_row[MAX_TILE];
            UNROLLED
            for (int j = 0; j < vectors; j++)
                b_row[j] = *(const words_anywhere *)(b + j * V / PANEL * panel + j * V % PANEL * 2 +
                                                     (chunk * PAIRS + i) * PANEL * 2);
            UNROLLED
            for (int r = 0; r < rows; r++) {
                const words none = { 0 };
                const words a_pair = none + *(const pair_anywhere *)(a + r * a_stride +
                                                                     chunk_first(chunk, k) + 2 * i);
                UNROLLED
                for (int j = 0; j < vectors; j++)
                    sum[r * vectors + j] =
                        SUFFIX(add_pairs)(sum[r * vectors + j], a_pair, b_row[j]);
            }
        }
    }
    UNROLLED
    for (int j = 0; j < rows * vectors; j++)
        store(c + j / vectors * c_stride + j % vectors * V, sum[j], lanes_of(j % vectors, n));
}

INLINE void SUFFIX(bf16_strip)(int tile_rows, int vectors, struct lstmc_range rows, int n, int k,
                               float *c, int c_stride, const uint16_t *a, int a_stride,
                               const uint16_t *b)
{
    const int step = length(rows) < tile_rows ? 1 : tile_rows;
    for (int r = rows.first; r < rows.end; r += step) {
        const int row = step_at(r, step, rows.end);
        float *to = c + row * c_stride;
        const uint16_t *from = a + row * a_stride;
        if (step == 1)
            SUFFIX(bf16_tile)(1, vectors, n, k, to, c_stride, from, a_stride, b);
        else
            SUFFIX(bf16_tile)(tile_rows, vectors, n, k, to, c_stride, from, a_stride, b);
    }
}

/* Rows of c from `rows.first` on, and its first n columns: strips of whole panels, or of parts
 * of one. Rows of a go in groups that stay in the second cache while all of b passes by. */
INLINE void SUFFIX(bf16_panels)(int tile_rows, int vectors, struct lstmc_range rows, int n, int k,
                                float *c, int c_stride, const uint16_t *a, int a_stride,
                                const uint16_t *b)
{
    enum { GROUP = 48 };
    const int panel = chunks_of(k) * CHUNK * PANEL, few = vectors < PANEL / V ? vectors : PANEL / V;
    for (int r = rows.first; r < rows.end; r += GROUP) {
        const struct lstmc_range group =
            part_of(rows, length(rows) < GROUP ? r : step_at(r, GROUP, rows.end), GROUP);
        int j = 0;
        for (; j + vectors * V <= n && vectors * V >= PANEL; j += vectors * V)
            SUFFIX(bf16_strip)
        (tile_rows, vectors, group, vectors * V, k, c + j, c_stride, a, a_stride,
         b + j / PANEL * panel);
        for (; j + few * V <= n; j += few * V)
            SUFFIX(bf16_strip)
        (tile_rows, few, group, few * V, k, c + j, c_stride, a, a_stride,
         b + j / PANEL * panel + j % PANEL * 2);
        for (; j < n; j += V)
            SUFFIX(bf16_strip)
        (tile_rows, 1, group, n - j < V ? n - j : V, k, c + j, c_stride, a, a_stride,
         b + j / PANEL * panel + j % PANEL * 2);
    }
}
#endif

/* ---- what kernels call ---------------------------------------------------------------------- */

/* `all` is the number of c's columns; columns are dealt out in whole panels. */
INLINE void SUFFIX(product_bf16)(int tile_rows, int vectors, struct lstmc_range rows,
                                 struct lstmc_range cols, int all, int k, float *c, int c_stride,
                                 const uint16_t *a, int a_stride, const uint16_t *b)
{
    (void)all;
    SUFFIX(bf16_panels)
    (tile_rows, vectors, rows, length(cols), k, c + cols.first, c_stride, a, a_stride,
     b + cols.first / PANEL * chunks_of(k) * CHUNK * PANEL);
}

/* Whole panels of sums, with the rows of c counted from the first of `rows` on. */
INLINE void SUFFIX(product_bf16_tiles)(int tile_rows, int vectors, struct lstmc_range rows,
                                       int panels, int k, float *c, int c_stride, const uint16_t *a,
                                       int a_stride, const uint16_t *b)
{
    SUFFIX(bf16_panels)
    (tile_rows, vectors, all_of(length(rows)), panels * PANEL, k, c, c_stride,
     a + rows.first * a_stride, a_stride, b);
}
