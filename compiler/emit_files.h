/* The emitted files, a function each; every one writes its whole text. */
#ifndef LSTMC_EMIT_FILES_H
#define LSTMC_EMIT_FILES_H
#include "emission.h"

/* The facts at the head of every file, as an open comment: what follows may add lines and must
 * end it with put_banner_end. */
void put_banner(struct emission *e, const char *file, struct buffer *out);
void put_banner_end(struct buffer *out);
/* Behind it where a file calls kernels and computes nothing itself. */
void put_includes(struct emission *e, struct buffer *out);

void put_kernels_header(struct emission *e, struct buffer *out); /* kernels.h */
void put_kernels(struct emission *e, struct buffer *out);        /* kernels.inc */
void put_kernels_avx512(struct emission *e, struct buffer *out);
void put_kernels_avx2(struct emission *e, struct buffer *out);
void put_kernels_baseline(struct emission *e, struct buffer *out);
void put_forward(struct emission *e, struct buffer *out);
void put_backward(struct emission *e, struct buffer *out);
void put_update(struct emission *e, struct buffer *out);
void put_sample(struct emission *e, struct buffer *out);
void put_header(struct emission *e, struct buffer *out); /* NAME.h */
void put_tables(struct emission *e, struct buffer *out);
void put_main(struct emission *e, struct buffer *out);
void put_cmake(struct emission *e, struct buffer *out);
void put_make(struct emission *e, struct buffer *out);
void put_ir(struct emission *e, struct buffer *out); /* NAME.ir */

/* All of them in memory, in the order in which they are read; none has a folder in its name. */
struct output {
    const char *name;
    struct buffer text;
};
struct output *emit_to_memory(struct module *m, const struct options *o, int *count);

/* The graph of the module, for --emit=dot. */
void put_dot(const struct module *m, struct buffer *out);

/* Where the regions begin in a trainer's arena, in bytes: the parameters at 0. */
struct regions {
    int64_t optimizer, carried, work, packed, end;
};
struct regions arena_regions(const struct module *m);
bool has_tensors(const struct module *m, enum tensor_kind kind);
/* Elements from the first to the last, gaps between rows included. */
int64_t tensor_room(const struct value *v);
#endif
