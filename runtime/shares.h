/* How much of every grid each worker gets. A worker that is slower than the others, by its core or by
 * what else runs there, gets less, so that all arrive at the barriers together; who computes an
 * element never changes its bits. Shares are bounds[i] to bounds[i + 1] of LSTMC_WHOLE for worker i,
 * count + 1 bounds in all. */
#ifndef LSTMC_SHARES_H
#define LSTMC_SHARES_H

void shares_equal(int count, int bounds[]);
/* Moves the bounds a part of the way to shares which would take all workers as long; seconds[i] > 0:
 * what the present share took worker i. No worker gets less than half of an equal share. */
void shares_follow(int count, int bounds[], const double seconds[]);
#endif
