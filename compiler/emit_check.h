/* Asked before anything is emitted. */
#ifndef LSTMC_EMIT_CHECK_H
#define LSTMC_EMIT_CHECK_H
#include "ir.h"

/* Ends the run with exit 2 unless the programs take from the runtime and give to it what IR.md
 * says. A traced module always does; a .ir for a test may do otherwise in all stages. */
void check_interface(const struct module *m);
#endif
