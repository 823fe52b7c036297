/* What the child's files share. The child dies with the spec, so nothing is ever freed. */
#ifndef LSTMC_SPEC_CHILD_H
#define LSTMC_SPEC_CHILD_H
#include "corpus.h"
#include "diag.h"
#include "ir.h"
#include "ir_text.h"
#include "lexemes.h"
#include "spec.h"
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

enum { SPEC_MAX_CORPORA = 16 };

struct spec {
    const struct spec_job *job;
    struct arena *arena;
    struct lexemes lexemes;
    const char *files[SPEC_MAX_FILES]; /* relative to the spec's folder */
    int file_count;
    struct corpus *corpora[SPEC_MAX_CORPORA];
    int corpus_count;
    int errors;
    size_t heap, printed; /* bytes */
    struct module *module;

    /* Where new nodes belong. */
    struct program *program; /* NULL: none is being traced */
    const struct scope *scope;
    int scope_place, t;
    enum part part;
    bool users_code; /* nodes get the line of the spec that made them */
    int nodes, tensors;
};

struct spec *spec_of(lua_State *L);

/* ---- spec_child.c ---------------------------------------------------------------------------- */

void spec_send(const struct spec *s, enum frame tag, const char *bytes, size_t n);
/* Pushes a Lua file's chunk with the table at the top of the stack, which it pops, as its globals;
 * or leaves the spec and says why. */
void spec_load(lua_State *L, const char *name, const char *text, size_t length);

/* ---- spec_errors.c; places are those of lexemes.h -------------------------------------------- */

void spec_report(struct spec *s, enum severity severity, int place, const char *message);
/* Reports an error and leaves the spec. place < 0: where the spec is; 0: the layer being traced. */
int spec_fail(lua_State *L, int place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int spec_abort(lua_State *L); /* leaves the spec without another word */
/* The line of the spec that is being run, innermost; 0: none is. */
int spec_line_place(lua_State *L);
/* The word on that line; if none is being run, the word's last place in the spec. */
int spec_place(lua_State *L, const char *word);
struct source_line spec_line(const struct spec *s, int place);
/* The message handler: reports the error value, whatever it is. */
int spec_on_error(lua_State *L);
/* Reports why a file is no Lua; Lua's message lies at the top of the stack. */
void spec_explain_syntax(lua_State *L, int file);

/* ---- spec_tensors.c -------------------------------------------------------------------------- */

#define SPEC_TENSOR "tensor" /* the name of the metatable */

struct spec_tensor {
    struct value *value;
    const struct program *home; /* where it can be used; NULL: it is a parameter or state */
    int64_t width;              /* > 0: it stands for one-hot rows; the value is their indices */
};

void spec_push_tensor(lua_State *L, struct value *v, const struct program *home, int64_t width);
struct spec_tensor *spec_check_tensor(lua_State *L, int index, const char *who, int operand);
int spec_tensor_text(lua_State *L); /* tostring(x) */
/* The fields `elem` (f if absent) and `dims` (none: a scalar) of the table at `index`, the top. */
struct type spec_type(lua_State *L, int index);

/* ---- the parts of the library's table `lstmc`, which lies at the top of the stack ------------ */

void spec_open_bindings(lua_State *L);   /* spec_bind.c */
void spec_open_facts(lua_State *L);      /* spec_facts.c */
void spec_open_tensors(lua_State *L);    /* spec_tensors.c */
void spec_open_operations(lua_State *L); /* spec_ops.c */
#endif
