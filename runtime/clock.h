/* Time that only goes forward. */
#ifndef LSTMC_CLOCK_H
#define LSTMC_CLOCK_H

/* Seconds since some moment in the past. */
double clock_seconds(void);
#endif
