/* Asked before anything is emitted. */
#ifndef LSTMC_EMIT_CHECK_H
#define LSTMC_EMIT_CHECK_H
#include "ir.h"

/* Ends the run with exit 2 unless the module, planned, makes a trainer: its name is none that means
 * something else there, and its programs take from the runtime and give to it what IR.md says. */
void check_trainer(const struct module *m);
#endif
