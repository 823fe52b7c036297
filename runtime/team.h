/* Workers that walk an emitted program together. The calling thread is worker 0. */
#ifndef LSTMC_TEAM_H
#define LSTMC_TEAM_H
#include "lstmc/model.h"
#include <stdbool.h>

/* A team of `threads` workers, each with `flag_count` flags; denormals are flushed in all of them,
 * the caller included, from here on. Workers that wait spin for about 20 us, then sleep; where
 * there are more of them than `cores` they sleep at once. NULL when memory or threads are out. */
struct lstmc_team *team_start(int threads, int cores, int flag_count);
/* Runs programs[0], then programs[1], ...: all workers finish one before any begins the next. */
void team_run(struct lstmc_team *team, lstmc_program *const *programs, int count,
              const struct lstmc_call *call);
/* The first flag that any worker raised since the last call, or -1; lowers all. */
int team_flagged(struct lstmc_team *team);
/* Adds to seconds[i] what worker 0 spends in phase i, barriers at its end included, until the clock
 * is stopped; LSTMC_OTHER until a program says otherwise. */
void team_start_clock(struct lstmc_team *team, double seconds[LSTMC_PHASES]);
void team_stop_clock(struct lstmc_team *team);
/* While small jobs follow each other with a little work of the caller's between them: workers that
 * wait spin for a millisecond. */
void team_be_patient(struct lstmc_team *team, bool patient);
int team_size(const struct lstmc_team *team);
void team_end(struct lstmc_team *team);
/* Results and operands below the smallest normal number count as zero, in the calling thread from
 * here on: sums that decay for ever (moments of weights that are never used) would otherwise slow
 * down a hundredfold, and a thread that does not flush would round otherwise than one that does. */
void flush_denormals(void);
#endif
