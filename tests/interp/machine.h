/* Inside the interpreter: where elements lie, and how one node computes a block of them. */
#ifndef LSTMC_INTERP_MACHINE_H
#define LSTMC_INTERP_MACHINE_H
#include "interp.h"

/* The elements of one value as rows and columns (all axes but the last are rows). In memory of its own a
 * value is a plain array of doubles. At a planned place each four bytes of the real trainer are a cell of
 * eight bytes here: a float32 or an index is one cell, a float64 two that must agree (or one of them was
 * overwritten), and a 16-bit word of bits is half a cell, as is a bfloat16: a float of ours, for the numbers are not rounded. */
struct slot {
    struct type type;
    int64_t rows, cols;
    int64_t row_step; /* elements; of packed bits: words */
    double *cells;    /* of the first element */
    int cell_step;    /* cells an element: 1 or 2 */
    uint32_t *words;  /* packed bits; NULL: bits are doubles too */
    float *halves;    /* bfloat16 at a place */
    struct layout layout;
};

double slot_load(const struct slot *s, int64_t row, int64_t col);
void slot_store(const struct slot *s, int64_t row, int64_t col, double x);

/* A block of the index space: rows [row, row_end), columns [col, col_end). */
struct block {
    int64_t row, row_end, col, col_end;
};

struct random_key {
    uint32_t seed, update;
};

/* Computes a block of all results of n (of an assign: of the tensor, which is results[0]). Elements are
 * stored as soon as they are known: an operand that lies where a result does must not be needed again. */
void eval_block(const struct node *n, const struct slot *const *args,
                const struct slot *const *results, struct block b, struct random_key key);
/* Indices that were out of range since the start of the program. */
extern int eval_bad_indices;

/* ---- a program made ready ------------------------------------------------------------------ */

/* A tensor, an input or a result, as its user sees it: row-major doubles. */
struct named {
    const char *name;
    const struct value *value;
    double *data;
};

struct named_list {
    struct named *items;
    int count;
};

/* A node with the slots of its operands and results looked up. */
struct step {
    const struct node *n;
    const struct slot **args, **results;
};

enum { REGIONS = REGION_STATE + 1 };

struct interp {
    const struct module *m;
    const struct program *p;
    struct random_key key;
    struct named_list tensors, inputs, results;
    struct slot *tensor_slots; /* as tensors.items */
    struct slot *slots;        /* by value id */
    int *uses;                 /* by value id */
    struct step *steps;
    int step_count;
    const char **outputs;
    double *regions[REGIONS]; /* of the run at hand */
    bool failed;
};

void *allocate(int64_t count, size_t size); /* zeroed */
struct slot *slot_of(struct interp *in, const struct value *v);

/* ---- deterministic values --------------------------------------------------------------------- */

double named_uniform(const char *name, uint32_t seed, int64_t index); /* [0, 1) */
/* A random bit: Philox4x32-10, key (seed, stream), counter (update, t, row / 4, column), word row % 4. */
bool random_bit(struct random_key key, uint32_t stream, uint32_t t, int64_t row, int64_t col,
                double p);
#endif
