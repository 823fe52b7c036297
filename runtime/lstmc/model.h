/* What an emitted trainer tells the runtime: one constant `struct lstmc_model`. The runtime reaches tensors only through
 * it, so that layouts stay the compiler's affair. Emitted files test LSTMC_ABI and stop the compiler on a mismatch. */
#ifndef LSTMC_MODEL_H
#define LSTMC_MODEL_H
#include <stddef.h>
#include <stdint.h>

#define LSTMC_ABI 6
#define LSTMC_VERSION "0.1"

/* The whole of a grid, of which workers have shares. */
enum { LSTMC_WHOLE = 1 << 20 };

/* A worker of a team that walks an emitted program, worker `index` of `count`. Of every grid of N blocks it owns those from
 * from*N/LSTMC_WHOLE up to to*N/LSTMC_WHOLE, to the nearest whole blocks, for as long as the program runs.
 * One that is alone has count 1, to LSTMC_WHOLE and no team. */
struct lstmc_worker {
    int index, count;
    int from, to;
    struct lstmc_team *team;
    uint32_t *flags; /* of this worker: flags[i] != 0 when a NaN or Inf was seen in gradient i (train), tensor order */
};

static inline int lstmc_bound(int share, int blocks)
{
    return (int)(((int64_t)share * blocks + LSTMC_WHOLE / 2) / LSTMC_WHOLE);
}
static inline int lstmc_first_block(const struct lstmc_worker *me, int blocks)
{
    return lstmc_bound(me->from, blocks);
}
static inline int lstmc_end_block(const struct lstmc_worker *me, int blocks)
{
    return lstmc_bound(me->to, blocks);
}

/* Rows or columns from `first` up to `end`. */
struct lstmc_range { int first, end; };

/* Block i of a grid of `blocks` over `extent` rows or columns, which are dealt out in whole units (the last may be cut). */
static inline struct lstmc_range lstmc_block(int i, int blocks, int unit, int extent)
{
    const int64_t units = ((int64_t)extent + unit - 1) / unit, end = (i + 1) * units / blocks * unit;
    return (struct lstmc_range){ (int)(i * units / blocks * unit), end < extent ? (int)end : extent };
}

/* All blocks of one worker, which lie side by side. Not inlined: a prediction asks in each of its hundred functions. */
static __attribute__((noinline, unused)) struct lstmc_range lstmc_share(const struct lstmc_worker *me, int blocks, int unit,
                                                                        int extent)
{
    const int first = lstmc_first_block(me, blocks), end = lstmc_end_block(me, blocks);
    const int from = lstmc_block(first, blocks, unit, extent).first;
    return (struct lstmc_range){ from, first < end ? lstmc_block(end - 1, blocks, unit, extent).end : from };
}

/* All workers of the team have arrived, and see what the others wrote. Does nothing in a team of one. */
void lstmc_barrier(const struct lstmc_worker *me);

/* The phases of an update: steps of time forward and backward; products over all steps at once; gradients of weights with
 * the optimizer; the rest. */
enum lstmc_phase { LSTMC_FORWARD_RECURRENT, LSTMC_PROJECTIONS, LSTMC_BACKWARD_RECURRENT, LSTMC_WEIGHT_GRADIENTS, LSTMC_OTHER,
                   LSTMC_PHASES };

/* What worker 0 does from here on is this phase, for `bench`; does nothing while nobody measures. */
void lstmc_phase(const struct lstmc_worker *me, enum lstmc_phase phase);

/* C (m x n) = op(A) op(B), row-major, one thread inside; the only way to BLAS. ld: elements between rows. */
void lstmc_product_f32(int ta, int tb, int m, int n, int k, const float *a, int lda, const float *b, int ldb, float *c, int ldc);
void lstmc_product_f64(int ta, int tb, int m, int n, int k, const double *a, int lda, const double *b, int ldb, double *c, int ldc);

/* A matrix of rows x cols elements lies in panels of so many columns: the columns are `parts` blocks; the first panel of each
 * stands below that of the one before, then the second of each; what the last of a block has too much is zeros. Of this the
 * columns [first, first + count). */
struct lstmc_columns { int rows, cols, parts, lanes, first, count; };

/* These columns, of elements of `size` bytes, from plain rows of their own to the panels and back. */
void lstmc_to_panels(void *panels, const void *plain, size_t size, const struct lstmc_columns *c);
void lstmc_from_panels(void *plain, const void *panels, size_t size, const struct lstmc_columns *c);

/* How the weights lie that the products of a prediction read: as training has them, or packed (lstmc/stream.h). */
enum lstmc_weights { LSTMC_PLAIN, LSTMC_PACKED, LSTMC_PACKED_BFLOAT16 };

/* To bfloat16, the upper half of a float: to the nearest, of two equally near to the even one; a NaN stays one. */
static inline uint16_t lstmc_bfloat16(float x)
{
    union { float real; uint32_t bits; } u = { x };
    const uint32_t even = u.bits >> 16 & 1;
    return (uint16_t)(x != x ? u.bits >> 16 | 0x40 : (u.bits + 0x7fff + even) >> 16);
}
static inline float lstmc_float(uint16_t bfloat16)
{
    union { uint32_t bits; float real; } u = { (uint32_t)bfloat16 << 16 };
    return u.real;
}

/* What a program needs at run time. `arena` is 64-byte aligned and holds the regions at the model's offsets. */
struct lstmc_call {
    unsigned char *arena;
    const void *kernels;    /* table of the chosen instruction set */
    uint32_t seed, update;  /* of the random masks; update counts from 1 */
    const double *hypers;   /* in the order of the model's hypers */
    enum lstmc_weights weights; /* of a prediction and of `pack` */
};
typedef void lstmc_program(const struct lstmc_call *call, struct lstmc_worker *me);

enum lstmc_dtype { LSTMC_FLOAT32, LSTMC_FLOAT64, LSTMC_MIXED_BFLOAT16 }; /* mixed: of float32, but for what products read */
enum lstmc_init_kind { LSTMC_ZEROS, LSTMC_ONES, LSTMC_CONSTANT, LSTMC_UNIFORM, LSTMC_NORMAL, LSTMC_GLOROT_UNIFORM, LSTMC_ORTHOGONAL };

/* Columns [start, stop) of a tensor; a, b as in the IR: low and high, mean and stddev, value, gain. */
struct lstmc_init {
    enum lstmc_init_kind kind;
    double a, b;
    int64_t start, stop;
    uint32_t stream;
};

/* A parameter or a state of the optimizer, seen in Keras's shape; rank 1 or 2 (0: a scalar). load and store copy between a
 * plain row-major array of the model's dtype and the arena. */
struct lstmc_tensor {
    const char *name;
    int rank, init_count;
    int64_t dims[4];
    const struct lstmc_init *inits;
    void (*load)(unsigned char *arena, const void *plain);
    void (*store)(const unsigned char *arena, void *plain);
};

/* A value of a program that the runtime fills or reads: byte offset in the arena, elements. */
struct lstmc_slot { int64_t offset, count; };

struct lstmc_training_slots { struct lstmc_slot x, y, weight, loss, correct; };
struct lstmc_sample_slots { struct lstmc_slot x, p; };

enum lstmc_input { LSTMC_SCALED, LSTMC_INDICES }; /* x: symbol / symbols as reals, or int32 indices */

struct lstmc_casing { uint32_t from; int count; uint32_t to[3]; };
struct lstmc_code_range { uint32_t first, last; };
struct lstmc_hyper { const char *name; double value; };
struct lstmc_layer { const char *name, *kind, *text, *output; int64_t parameters; };
/* "avx512", "avx2", "baseline", best first; before them, of a mixed model, "amx" and "avx512_bf16": the kernels of avx512 with
 * products by other instructions. */
struct lstmc_isa { const char *name; const void *kernels; };

struct lstmc_model {
    int abi;
    const char *version, *name, *title, *spec_hash; /* SHA-256 of all that is compiled in, 64 hex digits */
    const char *compiled; /* what is compiled in, a `key: value` line each, for the message about a mismatch */
    const char *loss, *optimizer;
    enum lstmc_dtype dtype;

    /* data */
    const char *corpus, *corpus_hash;
    int64_t characters;
    int steps, stride, batch, every; /* T, distance of windows, B, 1: a target at every step */
    enum lstmc_input input;
    int lowercase, symbol_count;
    const uint32_t *symbols;
    int casing_count, cased_count, ignorable_count;
    const struct lstmc_casing *casings;
    const struct lstmc_code_range *cased, *ignorable;

    /* defaults of the spec */
    int64_t epochs, sample_length;
    int shuffle, window_mode;
    double validation_split, temperature, top_p;
    int64_t top_k;
    int hyper_count;
    const struct lstmc_hyper *hypers; /* hypers named "learning_rate" can be set on the command line */

    /* memory: one arena of arena_bytes = params, then states, then work */
    int64_t arena_bytes, param_bytes, state_bytes, work_bytes;
    double flop_update, flop_forward;
    double flop_phases[LSTMC_PHASES]; /* of an update */
    int param_count, state_count, layer_count;
    const struct lstmc_tensor *params, *states; /* in the order of the spec */
    const struct lstmc_layer *layers;

    /* programs; each returns when this worker is done, the team meets at a barrier of the runtime afterwards */
    int isa_count;
    const struct lstmc_isa *isas;
    lstmc_program *train, *grads, *window;
    lstmc_program *eval; /* grads without the gradients */
    struct lstmc_training_slots train_slots, grads_slots;
    const struct lstmc_slot *grads_results; /* one per parameter; plain row-major */
    struct lstmc_sample_slots window_slots, step_slots;
    /* one step with carried state, in phases: all workers run phase i before any runs phase i + 1; NULL: window form only */
    int step_phase_count, window_phase_count;
    lstmc_program *const *step_phases, *const *window_phases;
    /* Packs weights in the work region, where they last until another program than these two runs; NULL: nothing to pack. */
    lstmc_program *pack;
    int packed_count;
    const int *packed; /* which of params */
    struct lstmc_slot carried; /* zero these bytes (count bytes) to reset the state */
};

/* The whole trainer; emitted main() calls this alone. Returns the exit status. */
int lstmc_main(const struct lstmc_model *model, int argc, char **argv);
#endif
