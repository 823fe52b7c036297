/* What a function prints on stderr and how it ends the process: it runs in a child. */
#ifndef LSTMC_TESTS_CAPTURE_H
#define LSTMC_TESTS_CAPTURE_H
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct captured {
    char text[16384];
    int status; /* of the child; 0 if the function returned */
};

static inline struct captured capture(void (*run)(const void *), const void *argument)
{
    struct captured c = { .status = -1 };
    int ends[2];
    if (pipe(ends) != 0)
        abort();
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        run(argument);
        fflush(NULL);
        _exit(0);
    }
    close(ends[1]);
    size_t length = 0;
    for (ssize_t n; (n = read(ends[0], c.text + length, sizeof c.text - 1 - length)) > 0;)
        length += (size_t)n;
    close(ends[0]);
    int status;
    if (child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status))
        c.status = WEXITSTATUS(status);
    return c;
}
#endif
