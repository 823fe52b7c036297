/* How training is shown on stderr: Keras's bar on a terminal, else one line an epoch. */
#ifndef LSTMC_PROGRESS_H
#define LSTMC_PROGRESS_H
#include <stdbool.h>
#include <stdint.h>

struct shown {
    int64_t epoch, epochs;     /* this one from 1, of how many; 0: unknown */
    int64_t position, updates; /* done in this epoch, of how many */
    double ms;                 /* an update takes */
    double loss, accuracy;     /* means of the epoch so far; NaN: not known */
    double val_loss, val_accuracy;
};

/* After an update; draws at most ten times a second. Nothing when stderr is no terminal. */
void progress_update(const struct shown *s);
/* At the end of an epoch: the whole bar, or the epoch's line. */
void progress_epoch(const struct shown *s);
/* The bar stays as it stands, the next output begins a new line. */
void progress_leave(void);
#endif
