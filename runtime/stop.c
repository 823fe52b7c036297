#define _XOPEN_SOURCE 700
#include "stop.h"
#include "say.h"
#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t came;

static void note(int signal)
{
    came = signal;
}

static void listen_for(int signal)
{
    struct sigaction action = { .sa_handler = note };
    action.sa_flags = (int)(SA_RESETHAND | SA_RESTART);
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, NULL);
}

void stop_listen(void)
{
    struct sigaction before;
    listen_for(SIGINT);
    listen_for(SIGTERM);
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        listen_for(SIGHUP);
    signal(SIGPIPE, SIG_IGN);
}

int stop_signal(void)
{
    return came;
}

int stop_status(int status)
{
    if (came == 0)
        return status;
    if (came == SIGINT) {
        signal(SIGINT, SIG_DFL);
        raise(SIGINT);
    }
    return STATUS_SAVED;
}
