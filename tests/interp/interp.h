/* A naive interpreter of the IR, for tests: every value is computed in double, element by element, by
 * plain loops and libm. It shares the reader of the text form with the compiler and nothing else, so that
 * what both say is said twice.
 *
 * Values may live in buffers of their own, or in one arena at their planned places, so that a wrong place
 * or too short a lifetime shows as a wrong number. Nodes run whole, one by one, or in blocks as the workers
 * run them, in the least lucky order that the barriers allow, so that a missing barrier shows. */
#ifndef LSTMC_INTERP_H
#define LSTMC_INTERP_H
#include "ir.h"

/* One program of a module at any stage. Under STAGE_TRACE a `grad` is NaN. */
struct interp *interp_new(const struct module *m, const char *program); /* NULL: no such program */
void interp_free(struct interp *in);

/* Sets all tensors and inputs to values that follow from their names and the seed alone: parameters
 * and inputs small and uniform, states likewise but not negative, `y` and an index `x` below the number of
 * symbols, `weight` 1/n, the optimizer's numbers as the module has them, `update` as given. interp_new has
 * done this with seed 1 and update 1. The seed is also that of the random bits. */
void interp_fill(struct interp *in, uint32_t seed, uint32_t update);

/* The elements of a tensor or an input, row-major, to be read or set; NULL if there is none of that name.
 * count may be NULL. After a run a tensor holds what was assigned to it. */
double *interp_tensor(struct interp *in, const char *name, int64_t *count);
double *interp_input(struct interp *in, const char *name, int64_t *count);

struct interp_mode {
    bool places;    /* values at their planned places */
    int threads;    /* n > 0: and phase by phase, in the blocks of n workers */
    bool ascending; /* the workers of a phase take turns from the first, not from the last */
};
/* Runs the program once; false and a line on stderr if an index is out of range or a place is none. */
bool interp_run(struct interp *in, struct interp_mode mode);

/* What the last run handed to `result`, row-major; NULL if there is none of that name. */
const double *interp_result(const struct interp *in, const char *name, int64_t *count);
/* Names of all results and of all assigned tensors ($name), sorted, ended by NULL. */
const char *const *interp_outputs(const struct interp *in);
#endif
