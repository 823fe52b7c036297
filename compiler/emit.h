/* The end of the road: what a planned module becomes on disk. */
#ifndef LSTMC_EMIT_H
#define LSTMC_EMIT_H
#include "ir.h"
#include "options.h"

/* Whatever --emit asks for: the trainer's files, the module's text or its graph; and the
 * depfile. */
void emit_model(struct module *m, const struct options *o);
#endif
