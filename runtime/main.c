/* Where an emitted main() hands over. */
#include "options.h"
#include "say.h"

int lstmc_main(const struct lstmc_model *model, int argc, char **argv)
{
    struct settings settings;
    say_as(model->name);
    if (model->abi != LSTMC_ABI)
        quit(STATUS_FAILED, "this trainer was written for another runtime; write it again");
    const struct command *command = options_read(model, argc, argv, &settings);
    return command->run(model, &settings);
}
