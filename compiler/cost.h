/* The work of a program: floating-point operations of its matrix products (2 M N K each; gathers and elementwise work do
 * not count, as in the field's published figures). */
#ifndef LSTMC_COST_H
#define LSTMC_COST_H
#include "ir.h"

double cost_flop(const struct program *p);
double cost_flop_part(const struct program *p, enum part part);
double cost_flop_node(const struct node *n);
/* 3.20 GFLOP */
const char *flop_text(struct arena *a, double flop);
#endif
