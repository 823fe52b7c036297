/* Signals that ask a training run to stop: noted here, looked at between two updates. */
#ifndef LSTMC_STOP_H
#define LSTMC_STOP_H

/* From now on SIGINT, SIGTERM and SIGHUP are noted once; a second one of the same kind ends the
 * process at once. A SIGHUP that was ignored (nohup) stays so. Closed pipes become errors of write. */
void stop_listen(void);
/* The signal that came, or 0. */
int stop_signal(void);
/* After everything is saved: dies of SIGINT if that was it; else returns the status for the one
 * that came, or `status`. */
int stop_status(int status);
#endif
