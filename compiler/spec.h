/* The front end: spec.lua -> module. The parent (spec.c) forks; the child (spec_child.c) runs Lua
 * behind a fence and builds the module; what comes back through one pipe is IR text and messages.
 * In the child, spec_ops.c makes nodes, spec_tensors.c tensors, spec_facts.c the rest of the module,
 * spec_bind.c reads files and the corpus, spec_errors.c says what is wrong. */
#ifndef LSTMC_SPEC_H
#define LSTMC_SPEC_H
#include "options.h"
#include <stddef.h>

/* The fence; RELIABILITY.md has the reasons. */
enum {
    SPEC_CPU_SECONDS = 2,
    SPEC_CLOCK_SECONDS = 4,
    SPEC_LUA_MB = 64,
    SPEC_MEMORY_MB = 512,
    SPEC_PRINT_KB = 64,
    SPEC_FILE_KB = 1024, /* of a Lua file */
    SPEC_MAX_FILES = 32, /* of these, with the spec */
    SPEC_ANSWER_MB = 80,
    SPEC_MAX_NODES = 800000, /* of all programs */
    SPEC_MAX_TENSORS = 15000 /* parameters and states; the text form holds some more */
};

/* What the child says: `TAG LENGTH\n`, then so many bytes, then `\n`. */
enum frame {
    FRAME_ERROR =
        'e', /* FILE LINE COLUMN LENGTH MESSAGE; files count from 0, the spec; -1: of no place */
    FRAME_WARNING = 'w',
    FRAME_NOTE = 'n',
    FRAME_PRINT = 'p',
    FRAME_LUA = 'l',    /* PATH\nTEXT: one more Lua file was read */
    FRAME_CORPUS = 'c', /* PATH: a corpus was read */
    FRAME_MODULE = 'm'  /* IR text; the last frame */
};

struct spec_job {
    struct arena *arena;
    const struct options *options;
    const char *folder;      /* of the spec; "." if it was given without one */
    const char *data_folder; /* $LSTMC_DATA or NULL */
    const char *text;
    size_t length;
    int out; /* the pipe */
};

/* Runs in the child and never returns. */
_Noreturn void spec_child(const struct spec_job *job);

/* A file of compiler/lua, line by line, as embed.cmake wrote it; the last one has no name. */
struct library_file {
    const char *name;
    const char *const *lines;
};
extern const struct library_file library_files[];
#endif
