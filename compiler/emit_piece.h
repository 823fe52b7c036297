/* A function of forward.c, backward.c, update.c or sample.c in the making: a run of steps. */
#ifndef LSTMC_EMIT_PIECE_H
#define LSTMC_EMIT_PIECE_H
#include "emission.h"

/* A worker's range of rows, columns or cells, declared once: rows30. */
struct share {
    const char *side, *text, *name;
    struct share *next;
};

struct piece {
    struct emission *e;
    const struct work *w;
    struct buffer statements, scalars;
    struct c_names *locals;
    bool weights, weights_written, state, work, kernels; /* what the statements use */
    bool *known;                                         /* scalars, by value id */
    struct share *shares;
};

struct piece piece_in(struct emission *e, const struct work *w);
/* The call of a step, under the title of its layer and time step unless `last` stood there too
 * (NULL: none before). */
void piece_add(struct piece *p, const struct step *s, const struct step *last);
bool same_paragraph(const struct node *a, const struct node *b);
/* The whole function, with what its statements need at its head. */
void put_piece(const struct piece *p, const char *name, struct buffer *out);
#endif
