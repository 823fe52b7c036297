/* Where an emitted main() hands over. */
#define _POSIX_C_SOURCE 200809L
#include "options.h"
#include "say.h"
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

/* Else a file of ours would stand in for a closed stdin, stdout or stderr, and get what is printed
 * there. Opened to be read, so that printing fails as it would have. */
static void fill_standard_streams(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDONLY);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

int lstmc_main(const struct lstmc_model *model, int argc, char **argv)
{
    struct settings settings;
    fill_standard_streams();
    say_as(model->name, argc > 0 ? argv[0] : model->name);
    if (model->abi != LSTMC_ABI)
        quit(STATUS_FAILED, "this trainer was written for another runtime; write it again");
    signal(SIGXFSZ, SIG_IGN); /* a file-size limit is an error of write, as a full disk is */
#if defined(__GLIBC__)
    /* What is large goes back to the system when it is freed, however often that happens: else the
     * buffers of a start would count for as long as the run. */
    mallopt(M_MMAP_THRESHOLD, 128 << 10);
#endif
    const struct command *command = options_read(model, argc, argv, &settings);
    return end_stdout(command->run(model, &settings));
}
