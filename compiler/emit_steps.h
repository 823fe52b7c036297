/* What is called, before anything is written. */
#ifndef LSTMC_EMIT_STEPS_H
#define LSTMC_EMIT_STEPS_H
#include "emission.h"

/* Finds the steps of every program and the forms they share. */
void find_steps(struct emission *e);

/* The phases of a program that predicts: what stands between two barriers. */
int count_phases(const struct work *w);
/* NULL if the program has none of that name. */
const struct work *find_work(const struct emission *e, const char *program);
/* macbeth_train; macbeth_eval is the forward part of `grads`, if there is one. */
const char *program_function(struct emission *e, const char *program);
bool can_evaluate(const struct emission *e);
const struct value *program_input(const struct program *p, const char *name);
const struct value *program_result(const struct program *p, const char *name);
#endif
