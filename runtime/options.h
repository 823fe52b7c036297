/* The trainer's command line: commands, their options, their help. */
#ifndef LSTMC_OPTIONS_H
#define LSTMC_OPTIONS_H
#include "lstmc/model.h"
#include <stdbool.h>
#include <stdint.h>

/* What the options say. What was not given is NULL, false, -1 (integers) or NaN (reals). */
struct settings {
    const char *text, *run, *checkpoint, *init, *log, *output, *prompt, *mode, *part, *unknown;
    const char *isa, *weights;
    bool resume, no_shuffle, best, no_echo, json;
    int64_t epochs, updates, seed, threads, length, top_k;
    double learning_rate, validation_split, time_limit, save_every, sample_every;
    double temperature, top_p;
};

struct command {
    const char *name, *summary;
    int (*run)(const struct lstmc_model *m, const struct settings *s); /* returns the exit status */
};

int command_train(const struct lstmc_model *m, const struct settings *s);
int command_sample(const struct lstmc_model *m, const struct settings *s);
int command_eval(const struct lstmc_model *m, const struct settings *s);
int command_gradients(const struct lstmc_model *m, const struct settings *s);
int command_gradcheck(const struct lstmc_model *m, const struct settings *s);
int command_bench(const struct lstmc_model *m, const struct settings *s);
int command_info(const struct lstmc_model *m, const struct settings *s);

/* Reads the command line. Ends the program for --help and --version (exit 0) and for what cannot be
 * understood (exit 2). */
const struct command *options_read(const struct lstmc_model *m, int argc, char **argv,
                                   struct settings *s);
#endif
