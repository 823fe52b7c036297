/* --log: one JSON object an update, one a line. A log that cannot be written is said once and given
 * up. */
#ifndef LSTMC_LOG_H
#define LSTMC_LOG_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct log {
    FILE *file; /* NULL: no log */
    const char *path;
};

/* Opens a log that holds the lines of updates up to `update` and no more: 0 begins it anew. Ends
 * with exit 5 when it cannot be opened. path may be NULL: no log. */
struct log log_open(const char *path, int64_t update);
/* A line is log_update, any number of log_value, log_end. */
void log_update(struct log *l, int64_t update, int64_t epoch);
void log_value(struct log *l, const char *name, double value);
void log_end(struct log *l);
/* The lines so far are on the disk when this returns: before a checkpoint that is newer than they
 * are. */
void log_sync(struct log *l);
#endif
