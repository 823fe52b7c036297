/* What the writer and the reader of the text form share: the words of each enumeration, the attributes of
 * each operation, the reader's tokens. IR.md describes the text. */
#ifndef LSTMC_IR_TEXT_H
#define LSTMC_IR_TEXT_H
#include "ir.h"

/* In the order of their enumerations, each ended by NULL. */
extern const char *const input_words[];   /* enum input_kind */
extern const char *const target_words[];  /* enum target_kind */
extern const char *const predict_words[]; /* enum predict_kind */
extern const char *const tensor_words[];  /* enum tensor_kind */
extern const char *const init_words[];    /* enum init_kind */
extern const char *const region_words[];  /* enum region */
extern const char *const axis_words[];    /* enum axis */
extern const char *const mode_words[];    /* of struct sample: is `window` set? */

/* Most integers of the text are no larger: a double holds all of them exactly. */
#define LARGEST_EXACT ((int64_t)1 << 53)

enum { MAX_ATTRS = 3 };

/* One of an operation's attributes as ops.def lists them; key "": no more. */
struct attr_spec {
    char key[12];
    enum attr_kind kind;
};
const struct attr_spec *attr_specs(enum op op);

/* ---- the reader's tokens (ir_lex.c) ----------------------------------------------------------- */

/* A piece of the text. */
struct token {
    const char *s;
    size_t n;
};

/* A cursor in the text. A statement is a line; only the first error of a line is reported: after it every
 * function below does nothing and gives back something harmless. */
struct lexer {
    struct arena *arena;
    const char *file, *at, *end, *line_start;
    int line, errors;
    bool failed; /* this line has an error */
};

void lex_fail(struct lexer *l, const char *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool lex_next_line(struct lexer *l); /* to the next statement; false at the end of the text */
void lex_expect_end(struct lexer *l);
bool lex_is(struct lexer *l, char c); /* is c the next character after blanks? Then it is taken. */
char lex_peek(struct lexer *l); /* the next character after blanks, not taken; '\n' at the end */
void lex_expect(struct lexer *l, char c);
struct token lex_word(struct lexer *l);              /* letters, digits, _ and dots; may be empty */
bool lex_word_is(struct lexer *l, const char *word); /* taken only then */
void lex_expect_word(struct lexer *l, const char *word);
/* A name: dotted, or fit to be part of a C identifier; `what` it names stands in messages. */
const char *lex_name(struct lexer *l, const char *what);
const char *lex_identifier(struct lexer *l, const char *what);
const char *lex_string(struct lexer *l);
int64_t lex_int(struct lexer *l, int64_t low, int64_t high);
double lex_number(struct lexer *l, double low, double high); /* NaN: only where low is -inf */
int lex_one_of(struct lexer *l,
               const char *const *words); /* the index of the word that stands there */

/* From a token to what it names; one lookup a use, whatever the size of the program. */
struct names {
    struct arena *arena;
    struct name_entry *entries;
    size_t size, count; /* size: a power of two, or 0 */
};
void *names_find(const struct names *t, struct token name); /* NULL if none */
void names_add(struct names *t, struct token name, void *what);
void names_clear(struct names *t);

/* ---- the reader: ir_read.c, and its parts ir_read_head.c and ir_read_nodes.c --------------------- */

struct reader {
    struct lexer lex;
    struct module *m;
    struct names ops, globals /* $tensor @kernel */, locals /* %value */;
    int named;               /* tensors, kernels, layers, scopes, hypers so far */
    int largest_id;          /* of the program or kernel at hand */
    struct program *program; /* at hand, or NULL */
    struct layer **layers_end;
    struct hyper **hypers_end;
    struct program *line_program; /* where the block of lines stands */
    struct node *line_node;
    const char *line_file;
    size_t arg_capacity;
    struct value **args; /* scratch */
};

/* Counts what has a name; lists of these are searched in line, so their length has a limit. */
void count_named(struct reader *r);

void read_model_line(struct reader *r);
void read_hash(struct reader *r);
void read_title(struct reader *r);
void read_loss(struct reader *r);
void read_optimizer(struct reader *r);
void read_data(struct reader *r);
void read_corpus(struct reader *r);
void read_symbols(struct reader *r);
void read_casing(struct reader *r);
void read_cased(struct reader *r);
void read_ignorable(struct reader *r);
void read_fit(struct reader *r);
void read_sample(struct reader *r);
void read_hyper(struct reader *r);
void read_layer(struct reader *r);
void read_scope(struct reader *r);
void read_memory(struct reader *r);

struct type read_type(struct reader *r);
struct place read_place(struct reader *r); /* ` in work+4096:1200`, if there is one */
struct token read_global(struct reader *r, char sigil, const char *what); /* with its sigil */
void read_kernel(struct reader *r);
void read_program(struct reader *r);
#endif
