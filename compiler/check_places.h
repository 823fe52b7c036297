/* Proofs about a scheduled and a planned program. They share with the passes what a node touches
 * (grid.h), and in the check of the schedule which values share a buffer (home.h); overlaps are
 * found anew, byte by byte. */
#ifndef LSTMC_CHECK_PLACES_H
#define LSTMC_CHECK_PLACES_H
#include "ir.h"

/* What is wrong, as a message in the arena that names the values concerned, or NULL; *at becomes
 * the node where it shows. The program is sound otherwise; its notes are cleared. */

/* Stage schedule: grids are sound, everything can live where it is asked to, and any two blocks
 * that do not keep out of each other's way are in phases of their own, or are the same worker's
 * for every number of workers. */
const char *check_schedule(struct program *p, const struct node **at);

/* Stage plan: parameters and states do not overlap, and lie in their regions. */
const char *check_tensors(const struct module *m);
/* Stage plan: every value lies in its region; views, parts and assigned values lie where they
 * must; every byte that is read was last written by the value that is read, and so are all
 * results and tensors in the end; and blocks keep apart as above, in bytes. */
const char *check_plan(struct program *p, const struct node **at);
#endif
