/* What the files of the emitter share. emit.c walks the list of emitted files; the vocabulary:
 *
 *   form     a function of kernels.inc (or a product by BLAS): what a node does at fixed shapes,
 *            strides and axis. Nodes that do the same share one, so 50 time steps share a few.
 *   step     what one runnable node becomes: a call of its form with constant addresses.
 *   memory   the named constants by which a program's steps speak of the work region.
 *
 * Steps are found first (emit_steps.c), so that every file can be written from first line to last.
 */
#ifndef LSTMC_EMISSION_H
#define LSTMC_EMISSION_H
#include "ir.h"
#include "lstmc/model.h"
#include "options.h"
#include "table.h"

enum { MAX_LANES = 16 }; /* of the widest vector; columns of bits in a word */

/* ---- forms and steps ------------------------------------------------------------------------- */

/* A pointer that a form takes. Operands that lie side by side (the gates of a cell) share it. */
struct array {
    const char *name;
    enum elem elem;
    int64_t stride; /* elements between rows; of bits: words */
    bool written;
    int anchor; /* the operand that lies first */
};

/* An operand of a form: results first, then arguments. */
struct operand {
    struct type type;
    int array;        /* -1: a double, passed by value */
    int64_t shift;    /* elements (of bits: words) behind the array's anchor */
    const char *word; /* in equations */
};

/* All that a form's C function depends on, as numbers. */
struct key {
    int64_t *words;
    int count;
};

struct form {
    struct key key;            /* equal for nodes that share the form */
    const char *name;          /* in C */
    const struct node *like;   /* the first node of the form */
    const struct kernel *body; /* of elementwise forms; else NULL */
    enum axis axis;
    int bands; /* of rows into which units of columns are cut; 0: uncut */
    bool flat; /* elementwise: walked as one row */
    bool blas; /* a product by BLAS: a function of the program's file */
    bool streams; /* a product with a packed weight (stream.h): a function for each way to pack it */
    int operand_count, array_count, result_count;
    struct operand *operands;
    struct array *arrays;
    unsigned parts; /* bit i: called in part i */
    int checked;    /* operand whose NaN and infinities are reported, -1: none */
    struct form *next;
};

struct step {
    const struct node *node;
    struct form *form;           /* NULL: a barrier */
    const struct value **values; /* of the form's operands */
    enum lstmc_phase phase;      /* of a program that is measured */
    bool begins;                 /* a phase: the C says so */
    int flag;                    /* of the tensor that is checked */
    struct step *next;
};

/* ---- memory ---------------------------------------------------------------------------------- */

/* Values of the work region that play one part, in one or in several time steps. */
struct role {
    const char *word; /* tanh */
    const struct scope *scope;
    enum part part;
    const struct kernel *maker; /* and which of its results, or NULL */
    int result;
    bool *seen; /* by time step + 1 */
    int64_t count;
    struct member {
        int t;
        int64_t offset;
        const struct run *run;
    } * members; /* in elements */
    struct run *runs;
    struct role *next;
};

/* Members whose offsets follow from the time step: base + t * step, or base + t % 2 * step. */
struct run {
    const char *name; /* TRAIN_LSTM_TANH */
    int64_t first, count;
    int64_t base, step;
    bool turns;
    struct run *next;
};

struct memory {
    const struct program *program;
    const char *prefix;        /* TRAIN */
    const char *via;           /* before p, s, w: "" or "x." */
    const struct value **root; /* by value id: what holds it, NULL if it is a root */
    struct role **role;        /* by id of a root */
    int64_t *member;           /* of the role; by id of a root */
    int steps;                 /* time steps */
    struct role *roles, **roles_end;
};

/* ---- the whole ------------------------------------------------------------------------------- */

/* A run of steps of one part: a function of forward.c, backward.c or update.c. */
struct segment {
    const char *name; /* macbeth_train_forward */
    enum part part;
    const struct step *first, *end;
    struct segment *next;
};

struct work {
    const struct program *program;
    bool predicts; /* sample, window: in phases, with no help of the runtime */
    struct memory memory;
    struct step *steps, **steps_end;
    struct segment *segments; /* of what does not predict */
    struct work *next;
};

struct c_names; /* the C names in use in one namespace */

struct emission {
    struct module *module;
    const struct options *options;
    struct arena *arena;
    const char *name, *upper; /* macbeth, MACBETH */
    const char *real;         /* float */
    const char *facts;        /* of the banner */
    struct form *forms, **forms_end;
    struct table forms_by_key;
    struct c_names *form_names;
    struct work *works; /* a program each */
};
#endif
