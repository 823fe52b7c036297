/* What the command line of lstmc asks for. */
#ifndef LSTMC_OPTIONS_H
#define LSTMC_OPTIONS_H
#include "arena.h"
#include "ir.h"
#include <stdbool.h>
#include <stdint.h>

enum emit_kind { EMIT_C, EMIT_IR, EMIT_DOT };
enum gemm { GEMM_AUTO, GEMM_EMITTED, GEMM_OPENBLAS };

struct define {
    const char *name, *value;
    bool used; /* some Parameter of the spec asked for it */
    struct define *next;
};

struct options {
    const char *input;     /* SPEC.lua or MODEL.ir, as given */
    const char *output;    /* -o DIR or NULL */
    const char *name;      /* --name or NULL */
    const char *text;      /* --text or NULL */
    bool check, summary;
    const char *dump;      /* a stage's name or NULL */
    enum emit_kind emit;
    bool emit_given;
    bool dtype_given;
    enum dtype dtype;
    enum gemm gemm;
    int64_t max_memory;    /* bytes, 0: no budget */
    uint32_t passes_off;   /* bit per row of passes.def */
    struct define *defines;
    bool depfile;          /* -MD */
    const char *depfile_path, *depfile_target;
};

struct options *read_options(struct arena *a, int argc, char **argv);
#endif
