/* The intermediate form. One module goes down the whole road of main.c; each stage reads what stands to its left and adds
 * what stands to its right. IR.md describes the form and its text, ops.def has a row per operation.
 *
 * Values are single assignment. A module has tensors (parameters and states, which live as long as the trainer), kernels,
 * and programs: straight lists of nodes.
 */
#ifndef LSTMC_IR_H
#define LSTMC_IR_H
#include "arena.h"
#include <stdbool.h>
#include <stdint.h>

enum { MAX_RANK = 4, MAX_NAME = 32, MAX_DOTTED = 120 /* of a tensor: names with dots between them */ };

/* ---- types ------------------------------------------------------------------------------------------------------- */

/* In text: f, d, i, b, h. REAL follows the module's dtype. DOUBLE is for scalars (rank 0) of the host: update number, learning
 * rate and what is computed from them; an elementwise operation of DOUBLE and REAL is REAL. BIT is one bit an element. BF16 is the
 * upper half of a float32, rounded: what products of a mixed model read, and nothing else does. */
enum elem { ELEM_REAL, ELEM_DOUBLE, ELEM_INDEX, ELEM_BIT, ELEM_BF16 };
extern const char elem_letters[]; /* fdibh */

/* Mixed: reals are float32, but products are of operands rounded to bfloat16 (mixed.c). */
enum dtype { DTYPE_FLOAT32, DTYPE_FLOAT64, DTYPE_MIXED_BFLOAT16 };
extern const char *const dtype_words[]; /* as Keras calls them; NULL at the end */

struct shape {
    int rank; /* 0: a scalar */
    int64_t dim[MAX_RANK];
};

/* How the elements of a matrix lie in memory. lanes = 0: plain rows. Else the columns, seen as `parts` blocks of equal
 * width (the gates), are cut into panels of `lanes` columns, the last of a part filled up with zeros, and stored as
 * [group][part][row][lane], as products read their right operand: group g has the g-th panel of each part. Panels stand below
 * each other, a matrix of many rows of `lanes` elements. Of BF16 the rows of a panel are those of chunks of CHUNK, stored as
 * [group][part][chunk][pair][lane][2]; the last chunk is that of the last CHUNK rows, with zeros for those that the one before
 * it has. */
enum { PANEL = 16, CHUNK = 32 }; /* lanes of every panel: of the widest machine; rows, which are terms of a product */
struct layout {
    int parts, lanes;
};

struct type {
    enum elem elem;
    struct shape shape;
    struct layout layout;
};

/* ---- places (given by the memory plan) ---------------------------------------------------------------------------- */

enum region { REGION_NONE, REGION_WORK, REGION_PARAM, REGION_STATE };

/* Where a value lies: rows of the last axis, `stride` elements apart, from byte `offset` of its region. Bits: each row is
 * whole 16-bit words, stride counts words. */
struct place {
    enum region region;
    int64_t offset; /* bytes */
    int64_t stride; /* elements between rows */
};

/* ---- nodes --------------------------------------------------------------------------------------------------------- */

enum op {
#define OP(ENUM, name, arity, class, shape, gradient, attributes, c) OP_##ENUM,
#include "ops.def"
#undef OP
    OP_COUNT
};

enum op_class { CLASS_SOURCE, CLASS_UNARY, CLASS_FUNCTION, CLASS_BINARY, CLASS_TERNARY, CLASS_VIEW, CLASS_JOIN,
                CLASS_REDUCE, CLASS_PRODUCT, CLASS_EFFECT, CLASS_CALL };

struct op_info {
    const char *name;
    int arity;
    enum op_class class;
    const char *attributes, *c_text;
};
extern const struct op_info op_table[OP_COUNT];
bool op_is_elementwise(enum op op); /* UNARY, FUNCTION, BINARY, TERNARY */
bool op_is_function(enum op op);    /* FUNCTION */
bool op_has_value(enum op op);      /* all but the effects; `grad`, which stands for a value, has one */

struct node;
struct tensor;

/* One result of a node, or a parameter of a kernel (def = NULL, tensor = NULL), or a tensor (tensor != NULL). */
struct value {
    int id; /* %id in text; unique in its program or kernel */
    struct type type;
    struct node *def;
    struct tensor *tensor;
    struct place place;
    void *note; /* free for the pass at work; meaningless between passes */
};

enum attr_kind { ATTR_INT, ATTR_NUM, ATTR_NAME, ATTR_FLAG };

struct attr {
    const char *key;
    enum attr_kind kind;
    int64_t i;        /* INT, FLAG */
    double num;       /* NUM */
    const char *name; /* NAME */
};

/* Which layer a node came from; set by the Lua library while it traces. */
struct scope {
    int id;
    const char *name; /* lstm, dropout_1, loss, optimizer */
    const char *text; /* the layer's canonical text, for comments: LSTM { 300, return_sequences = true } */
    struct source_line { const char *file; int line, column; } line;
};

enum part { PART_FORWARD, PART_BACKWARD, PART_UPDATE };
extern const char *const part_words[]; /* "forward" "backward" "update" NULL */

/* A grid of blocks. Block i of n covers [i*extent/n, (i+1)*extent/n) of the rows or columns of the index space (for a
 * matmul, of its result), in units of `unit` rows or columns, the last block takes the rest. blocks = 1: one worker.
 * Where columns are few, units of them may be cut into bands of rows: blocks then cover cells, unit after unit. */
enum axis { AXIS_ROWS, AXIS_COLS };
struct grid {
    enum axis axis;
    int blocks, unit; /* blocks = 0: not yet scheduled, or nothing to run (views) */
    int bands;        /* 0: uncut */
};

struct node {
    enum op op;
    int arg_count, result_count, attr_count;
    struct value **args;
    struct value **results; /* one, but for effects (none) and calls (several) */
    struct attr *attrs;
    struct kernel *kernel; /* of a call */
    const struct scope *scope;
    int t;            /* time step, -1: none */
    enum part part;
    struct source_line line; /* file NULL: unknown */
    struct grid grid;
    struct node *prev, *next;
    int order;  /* position in the list, see program_number */
    void *note; /* free for the pass at work */
};

/* A named body over one index space: at most one product, then elementwise nodes. Parameters are REAL, INDEX or BIT views
 * that broadcast to the space, or DOUBLE scalars. Random nodes take t from the call. */
struct kernel {
    const char *name; /* @name */
    struct type space;
    int param_count, result_count;
    struct value **params, **results; /* a result is a value of the body; several names of one value are allowed */
    struct node *first, *last;
    int next_id;
    struct kernel *next;
    void *note;
};

/* train: forward, backward, update, ends with the optimizer. grads: the gradients as results, no assign, no dropout; its
 * forward part is what evaluates. sample: one step of batch 1 with carried state. window: T steps of batch 1. */
struct program {
    const char *name;
    struct module *module;
    struct node *first, *last;
    int next_id;
    int64_t work_bytes; /* after the plan */
    struct program *next;
};

/* ---- what the trainer knows besides its programs -------------------------------------------------------------------- */

enum init_kind { INIT_ZEROS, INIT_ONES, INIT_CONSTANT, INIT_UNIFORM, INIT_NORMAL, INIT_GLOROT_UNIFORM, INIT_ORTHOGONAL };

/* Fills columns [start, stop) of the tensor. a, b: low and high (UNIFORM), mean and stddev (NORMAL), value (CONSTANT),
 * gain (ORTHOGONAL). Fans are those of the whole tensor. stream: of the random generator. */
struct init {
    enum init_kind kind;
    double a, b;
    int64_t start, stop;
    int stream;
};

enum tensor_kind { TENSOR_PARAM, TENSOR_STATE, TENSOR_CARRIED }; /* carried: h and c of stateful sampling, not saved */

struct tensor {
    const char *name; /* lstm.kernel; optimizer.m.lstm.kernel */
    enum tensor_kind kind;
    const char *layer; /* of the summary; "" for states */
    struct value value; /* as training has it, where products read panels in those */
    struct value plain; /* as predictions have it, if it is a parameter of a module with panels: see stream.h */
    int init_count;
    struct init *inits;
    struct tensor *whole; /* of which it is columns, from `col` on: it has no place of its own. NULL: it has */
    int64_t col;
    bool joint; /* others are its columns: the runtime knows those alone */
    struct tensor *next;
};

enum input_kind { INPUT_SCALED, INPUT_ONEHOT, INPUT_INDEX };
enum target_kind { TARGET_ONEHOT, TARGET_INDEX }; /* both are indices in memory */
enum predict_kind { PREDICT_LAST, PREDICT_EVERY };

struct casing {           /* what the text options make of a code point: 1 to 3 code points */
    uint32_t from, to[3]; /* 0-padded; the text form keeps the count */
    int count;
};
struct code_range { uint32_t first, last; };

struct data {
    const char *corpus; /* as the spec names it */
    bool lowercase;
    int64_t length, stride; /* T, distance of windows */
    enum input_kind input;
    enum target_kind target;
    enum predict_kind predict;
    int64_t characters, samples;
    const char *sha256;   /* of the corpus after its text options, as UTF-8; 64 hex digits */
    double unigram;       /* nats a character */
    int symbol_count;
    uint32_t *symbols;    /* sorted code points */
    int casing_count;     /* what lower-casing takes for the symbols; for prompts */
    struct casing *casings;
    int cased_count, ignorable_count; /* only where the final sigma matters */
    struct code_range *cased, *ignorable;
};

struct fit { int64_t epochs, batch; bool shuffle; double validation_split; };
struct sample { int64_t length; double temperature; bool window; int64_t top_k; double top_p; };

/* A number of the optimizer: run-time, an input d[] of that name in programs. */
struct hyper { const char *name; double value; struct hyper *next; };

/* A row of the summary. */
struct layer { const char *name, *kind, *text, *output; int64_t parameters; struct layer *next; };

enum stage { STAGE_TRACE, STAGE_GRAD, STAGE_OPT, STAGE_SCHEDULE, STAGE_PLAN };
extern const char *const stage_names[]; /* "trace" "grad" "opt" "schedule" "plan" NULL */

/* A file that the spec was made from, for depfiles; not part of the text form. */
struct input_file { const char *path; struct input_file *next; };

struct module {
    struct arena *arena;
    struct arena *nodes;   /* for nodes and values, and what they point at; see compact */
    struct arena *scratch; /* for what a pass needs while it works: released when it is done with a program */
    struct input_file *inputs;
    enum stage stage;
    const char *name;
    enum dtype dtype;
    bool stateful; /* false: no `sample` program (go_backwards) */
    const char *title;       /* LSTM 300 > Dropout 0.2 > Dense 43 softmax */
    const char *hash;        /* SHA-256 of the trace without what is run-time, 64 hex digits: ties a checkpoint to its model */
    const char *loss, *optimizer; /* for messages and the record of what is compiled in */
    struct data data;
    struct fit fit;
    struct sample sample;
    struct hyper *hypers;
    struct layer *layers;
    struct scope *scopes;
    int scope_count;
    struct tensor *tensors; /* parameters first, in the order of the layers, then states, then carried */
    struct kernel *kernels;
    struct program *programs;
    int64_t param_bytes, state_bytes, work_bytes; /* after the plan */
};

/* ---- building (ir.c) ------------------------------------------------------------------------------------------------ */

/* The only names of a spec that reach C: letters, digits and _, no digit first, MAX_NAME at most. */
bool is_model_name(const char *s);
struct module *module_new(struct arena *a);
const char *module_source(const struct module *m); /* the file it was read from; NULL: none */
struct tensor *tensor_add(struct module *m, enum tensor_kind kind, const char *name, struct type type);
struct tensor *tensor_find(const struct module *m, const char *name); /* NULL if none */
int hyper_index(const struct module *m, const char *name); /* its place in the list; -1 if none */
/* In which its elements lie: itself, or the one of which it is columns. */
const struct tensor *tensor_home(const struct tensor *t);
/* A new one, before the parts, which stand in order and become its columns. */
struct tensor *tensor_join(struct module *m, const char *name, struct tensor *const *parts, int count);
struct program *program_add(struct module *m, const char *name);
struct program *program_find(const struct module *m, const char *name);
struct kernel *kernel_add(struct module *m, const char *name, struct type space);
struct kernel *kernel_find(const struct module *m, const char *name);
struct value *kernel_param(struct module *m, struct kernel *k, struct type type);
struct node *kernel_product(const struct kernel *k); /* NULL if it has none */
/* The result in which the product's sums lie; -1: they lie in a tile, and only what follows is a result. */
int kernel_sums(const struct kernel *k);
bool kernel_is_random(const struct kernel *k); /* does it draw bits? */
bool kernel_multiplies(const struct kernel *k, const struct value *param); /* is it an operand of the product? */
bool kernel_uses_elementwise(const struct kernel *k, const struct value *param); /* besides that */
bool kernel_has_tiles(const struct kernel *k); /* of sums: it has a product, and kernel_sums is -1 */
/* The number of terms of each sum of a matmul. */
int64_t product_terms(const struct node *n);
/* Has it so many terms and rows that its operands are best read once, so many terms at a time? */
bool product_is_deep(const struct node *n);
int kernel_parts(const struct kernel *k); /* as wide as the space, of which its product consists: 4 gates; 0: no product */

/* A list of nodes with its id counter: of a program or of a kernel's body. */
struct list { struct module *module; struct node **first, **last; int *next_id; };
struct list program_list(struct program *p);
struct list kernel_list(struct module *m, struct kernel *k);

/* Where new nodes come from: copied from `like` (scope, t, part, line). Inserted before `at`; at = NULL: at the end.
 * The result's type is found by the shape rule; `given` shapes are passed in type. Wrong shapes die: they are ours. */
struct builder { struct list list; struct node *at; const struct node *like; enum part part; };
struct value *build(struct builder *b, enum op op, struct value **args, int n, const struct attr *attrs, int attr_count,
                    struct type given);
struct value *build_unary(struct builder *b, enum op op, struct value *x);
struct value *build_binary(struct builder *b, enum op op, struct value *x, struct value *y);
struct value *build_const(struct builder *b, double value, struct type type);
struct value *build_matmul(struct builder *b, struct value *x, bool ta, struct value *y, bool tb);
struct value *build_slice(struct builder *b, enum op rows_or_cols, struct value *x, int64_t start, int64_t stop);
struct value *build_concat(struct builder *b, struct value **parts, int n, int axis);
struct value *build_sum(struct builder *b, struct value *x, int axis);

/* A new node that is in no list yet, with one result of the given type unless the operation is an effect (or `results`
 * results of unknown type, to be filled in, for a call). */
struct node *node_new(struct list l, enum op op, int args, int results, int attrs);
void node_insert(struct list l, struct node *n, struct node *before); /* before = NULL: at the end */
void node_remove(struct list l, struct node *n);
struct value *node_result(const struct node *n); /* the only result */
bool value_is_const(const struct value *v, double *x); /* of which number then goes to *x, if x is not NULL */
void replace_noted(struct program *p); /* every argument v with v->note != NULL becomes v->note, transitively; one scan */
void program_number(struct program *p); /* sets order = 0, 1, ... */
void clear_notes(struct program *p);    /* note = NULL on all nodes, values and tensors */
int *count_uses(struct program *p);     /* by value id; in scratch memory */

const struct attr *attr_in(const struct attr *attrs, int count, const char *key); /* NULL if none */
const struct attr *attr_find(const struct node *n, const char *key);              /* likewise */
bool attr_flag(const struct node *n, const char *key);
int64_t attr_int(const struct node *n, const char *key, int64_t absent);
double attr_num(const struct node *n, const char *key, double absent);
const char *attr_name(const struct node *n, const char *key); /* NULL if none */
struct attr attr_make_int(const char *key, int64_t i);
struct attr attr_make_num(const char *key, double num);
struct attr attr_make_name(const char *key, const char *name);
struct attr attr_make_flag(const char *key, bool set);
bool attrs_equal(const struct node *a, const struct node *b);

/* ---- types and shapes (ops.c, shapes.c) --------------------------------------------------------------------------- */

struct type type_of(enum elem elem, int rank, const int64_t *dims);
struct type type_matrix(enum elem elem, int64_t rows, int64_t cols);
struct type type_scalar(enum elem elem);
bool type_equal(struct type a, struct type b);
bool shape_equal(struct shape a, struct shape b);
bool layout_equal(struct layout a, struct layout b);
int64_t shape_elements(struct shape s);
int64_t shape_rows(struct shape s); /* product of all axes but the last; 1 for a scalar */
int64_t shape_cols(struct shape s); /* the last axis; 1 for a scalar */
bool shape_broadcast(struct shape a, struct shape b, struct shape *out); /* numpy's rule */
size_t elem_bytes(const struct module *m, enum elem elem); /* 0 for BIT: see bit_words */
enum { WORD = 16 }; /* bits in each of the words that a row of bits is made of */
int64_t bit_words(int64_t cols);                            /* of a row of bits */
int64_t panel_count(struct type t);       /* of what lies in panels */
int64_t panel_rows(struct type t);        /* of each, with the fill of chunks */
struct shape stored_shape(struct type t); /* as it lies in memory: its own, or that of the panels */
int64_t stored_rows(struct type t);
int64_t stored_cols(struct type t); /* elements of a row in memory; of bits words */
const char *type_text(struct arena *a, struct type t);     /* f[30,1200] */

/* The type that an operation gives, from its operands and attributes. NULL if fine, else a message in the arena that says
 * what was expected and what was found, e.g. "matmul: 30x300 times 200x1200: the inner sizes 300 and 200 differ". `given`
 * is the wanted type of operations whose rule is `given`. */
const char *infer_type(struct arena *a, enum op op, const struct type *args, int n, const struct attr *attrs, int attr_count,
                       struct type given, struct type *out);
/* An elementwise operation on doubles, for folding. */
double op_evaluate(enum op op, double x, double y, double z);

/* ---- text (ir_write.c, ir_read.c) and check (ir_check.c) -------------------------------------------------------------- */

enum { WRITE_LINES = 1 /* the block of source lines */, WRITE_HASHED = 2 /* leaves out all that is run-time: see IR.md */ };
void module_write(const struct module *m, struct buffer *out, int flags);
/* Reads one module; errors are diag'ed as file:line:column and NULL comes back. Nothing in the text is trusted. */
struct module *module_read(struct arena *a, const char *file, const char *text, size_t length);
/* What is wrong with this node alone (operands, attributes, type), as a message in the arena, or NULL. k: the kernel in
 * whose body it stands, NULL in a program. */
const char *node_fault(const struct module *m, const struct kernel *k, const struct node *n);
/* What is wrong with the layout of a type, likewise. */
const char *panels_type_fault(const struct module *m, struct type t);
/* Dies (ours) or diags (from_user: the module was read from a .ir) unless the module is sound for its stage: types, single
 * assignment, order, kernels; from STAGE_SCHEDULE grids and barriers; from STAGE_PLAN places. */
void module_check(const struct module *m, const char *after, bool from_user);

/* A number as text that reads back to the same bits in every locale: integers up to 2^53 plain, else hexadecimal. */
const char *number_text(struct arena *a, double x);
bool number_read(const char *s, size_t n, double *out);
#endif
