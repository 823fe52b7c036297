/* Where an emitted main() hands over. */
#define _POSIX_C_SOURCE 200809L
#include "options.h"
#include "say.h"
#include <signal.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

int lstmc_main(const struct lstmc_model *model, int argc, char **argv)
{
    struct settings settings;
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
