/* Products, alone and in kernels. */
#ifndef LSTMC_EMIT_PRODUCT_H
#define LSTMC_EMIT_PRODUCT_H
#include "emit_loops.h"

enum { MACHINES = 3 }; /* avx512, avx2, baseline */

/* BY_ISA(6, 4, 4): a number for each instruction set. */
const char *by_isa(const struct emission *e, const int n[MACHINES]);

/* Sums in registers at a time, of each instruction set. */
struct tile_size {
    int rows[MACHINES], vectors[MACHINES];
};
/* Do tiles fill so many rows? */
bool tiles_fill(struct tile_size t, int64_t rows);

/* The address of the tiles of a product, in kernels.inc; ta: of a', whose terms are rows of a. Other heights than
 * whole ones: a row less, two rows, one. */
enum heights { LOWER = 1, TWO = 2, ONE = 4 };
const char *put_tile_set(const struct emission *e, struct tile_size t, bool ta, unsigned heights,
                         struct buffer *out);

/* Adds the arguments of the loop that computes a product which stands alone, and names it. */
const char *product_loop(struct loop *l);
/* A function of kernels.inc for what is asked for of a product_is_deep: (c, lies, a, b, terms, cols, rows), or, if
 * all rows are asked for always, without the last; they are those of product_terms of lstmc/terms.h. One
 * serves all of the same shape and strides of a and b, however many terms they have, and wherever the sums
 * lie; its name. */
enum { STRIP_UNITS = 4 }; /* the most panels that it takes at a time; of lstmc/panels.h */
const char *put_deep(const struct emission *e, const struct node *product, bool all_rows,
                     int64_t a_stride, int64_t b_stride, struct buffer *out);
/* Its `lies`: of sums in panels, or in rows that far apart. */
const char *deep_sums(const struct emission *e, const struct node *product, int64_t stride);
/* A product by BLAS, called once for each block: a static function of the program's file. */
void put_blas(struct emission *e, const struct form *f, struct buffer *out);

/* Of the product in a kernel: its sums lie in a tile of `height` rows and, of each part, `width`
 * columns, [row][panel][part][lane], and the rest of the body follows while they are in a near cache. */
struct product_tile {
    struct tile_size size;
    int height, width;
    int stride; /* of the tile's rows: the width of all parts */
};
enum { TILE_HEIGHT = 36, TILE_HEIGHT_BF16 = 32 }; /* at most */
struct product_tile product_tile(const struct emission *e, const struct form *f);
#endif
