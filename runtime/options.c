#include "options.h"
#include "engine.h"
#include "number.h"
#include "say.h"
#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct command commands[] = {
    { "train", "learn from the text, or go on learning", command_train },
    { "sample", "write text as the model would", command_sample },
    { "eval", "how well the model predicts a text", command_eval },
    { "gradients", "loss and gradients of the first batch, into a file", command_gradients },
    { "gradcheck", "gradients against differences of the loss, tensor by tensor",
      command_gradcheck },
    { "bench", "how fast training and sampling run on this machine", command_bench },
    { "info", "what is compiled in, or stands in a checkpoint", command_info },
};
enum { COMMANDS = sizeof commands / sizeof *commands };

/* Bits in the order of the commands. */
enum {
    TRAIN = 1,
    SAMPLE = 2,
    EVAL = 4,
    GRADIENTS = 8,
    GRADCHECK = 16,
    BENCH = 32,
    INFO = 64,
    RUNS = TRAIN | SAMPLE | EVAL | GRADIENTS | GRADCHECK | BENCH
};

enum kind { FLAG, TEXT, PATH, WORD, INTEGER, REAL };

static const struct option {
    const char *name,
        *value; /* value: what stands in the help; of a WORD the words, between bars */
    int commands;
    enum kind kind;
    size_t offset;
    double low, high;  /* of numbers, inclusive */
    const char *range; /* of a REAL, both ends in words */
    const char *help;
} options[] = {
#define ROW(NAME, VALUE, COMMANDS, KIND, MEMBER, LOW, HIGH, RANGE, HELP)                           \
    { .name = NAME,                                                                                \
      .value = VALUE,                                                                              \
      .commands = COMMANDS,                                                                        \
      .kind = KIND,                                                                                \
      .offset = offsetof(struct settings, MEMBER),                                                 \
      .low = LOW,                                                                                  \
      .high = HIGH,                                                                                \
      .range = RANGE,                                                                              \
      .help = HELP },
#define FLAG(NAME, COMMANDS, MEMBER, HELP) ROW(NAME, NULL, COMMANDS, FLAG, MEMBER, 0, 0, NULL, HELP)
#define TEXT(NAME, VALUE, COMMANDS, MEMBER, HELP)                                                  \
    ROW(NAME, VALUE, COMMANDS, TEXT, MEMBER, 0, 0, NULL, HELP)
#define PATH(NAME, VALUE, COMMANDS, MEMBER, HELP)                                                  \
    ROW(NAME, VALUE, COMMANDS, PATH, MEMBER, 0, 0, NULL, HELP)
#define WORD(NAME, VALUE, COMMANDS, MEMBER, HELP)                                                  \
    ROW(NAME, VALUE, COMMANDS, WORD, MEMBER, 0, 0, NULL, HELP)
#define INTEGER(NAME, COMMANDS, MEMBER, LOW, HIGH, HELP)                                           \
    ROW(NAME, "N", COMMANDS, INTEGER, MEMBER, LOW, HIGH, NULL, HELP)
#define REAL(NAME, VALUE, COMMANDS, MEMBER, LOW, HIGH, RANGE, HELP)                                \
    ROW(NAME, VALUE, COMMANDS, REAL, MEMBER, LOW, HIGH, RANGE, HELP)

    /* clang-format off */
    PATH("text", "FILE", TRAIN | SAMPLE | EVAL, text,
         "the text (default: the run folder's, else the spec's)")
    PATH("text", "FILE", GRADIENTS | GRADCHECK, text, "the text (default: the spec's)")
    PATH("run", "DIR", TRAIN | SAMPLE | EVAL, run, "folder of the run (default: runs/NAME)")
    PATH("checkpoint", "FILE", SAMPLE | EVAL | INFO, checkpoint,
         "this checkpoint instead of the run's newest")
    FLAG("best", SAMPLE | EVAL, best, "the run's best checkpoint")

    INTEGER("epochs", TRAIN, epochs, 0, 1e9, "passes over the text, in all")
    INTEGER("updates", TRAIN, updates, 0, 4e9,
            "optimizer steps, in all; with --epochs, whichever comes first")
    FLAG("resume", TRAIN, resume, "go on from the run's newest checkpoint")
    PATH("init", "FILE", TRAIN | GRADIENTS, init, "initial weights from a safetensors file")
    PATH("output", "FILE", GRADIENTS, output, "where they go; also -o FILE")
    REAL("learning-rate", "X", TRAIN, learning_rate, 0, 1e30, "from 0 to 1e30",
         "stored in the run and kept")
    REAL("validation-split", "F", TRAIN, validation_split, 0, 1 - DBL_EPSILON / 2,
         "from 0 to below 1", "share of the text, at its end, to test on and not to learn")
    FLAG("no-shuffle", TRAIN, no_shuffle, "samples in text order")
    INTEGER("seed", TRAIN | SAMPLE, seed, 0, UINT32_MAX,
            "of all random numbers (train: 1, sample: a fresh one)")
    REAL("time-limit", "SECONDS", TRAIN, time_limit, 0, 1e9, "from 0 to 1e9",
         "stop and save after so long")
    REAL("save-every", "SECONDS", TRAIN, save_every, 0, 1e9, "from 0 to 1e9",
         "between checkpoints (default 60)")
    REAL("sample-every", "SECONDS", TRAIN, sample_every, 0, 1e9, "from 0 to 1e9",
         "write a sample now and then")
    PATH("log", "FILE.jsonl", TRAIN, log, "one JSON object an update")

    TEXT("prompt", "TEXT", SAMPLE, prompt, "what to go on from (default: somewhere in the text)")
    FLAG("no-echo", SAMPLE, no_echo, "leave the prompt out of the output")
    INTEGER("length", SAMPLE, length, 0, 1e12, "new characters")
    REAL("temperature", "X", SAMPLE, temperature, 0, 1e6, "from 0 to 1e6",
         "below 1 more certain, above 1 bolder, 0: always the likeliest")
    INTEGER("top-k", SAMPLE, top_k, 0, 1e7, "only the N likeliest (0: all)")
    REAL("top-p", "X", SAMPLE, top_p, DBL_MIN, 1, "above 0 and at most 1",
         "only the likeliest that make up this share")
    WORD("mode", "stateful|window", SAMPLE, mode,
         "carry the state on, or read a whole window for each character")

    WORD("part", "validation|train|all", EVAL, part,
         "which samples, by the run's split (default all)")
    WORD("unknown", "error|skip", EVAL, unknown,
         "characters that the model does not know: refuse or leave out")
    FLAG("json", BENCH, json, "one JSON object on one line")
    INTEGER("threads", RUNS, threads, 1, 1024, "workers (default: the cores that are allowed)")
    WORD("weights", "float32|bf16", SAMPLE | EVAL | BENCH, weights,
         "those that products read: as trained, or rounded to 16 bits, half the bytes")
    WORD("isa", "auto|amx|avx512_bf16|avx512|avx2|baseline", RUNS, isa, "instruction set of the kernels")
/* clang-format on */
#undef ROW
#undef FLAG
#undef TEXT
#undef PATH
#undef WORD
#undef INTEGER
#undef REAL
};
enum { OPTIONS = sizeof options / sizeof *options };

/* ---- help --------------------------------------------------------------------------------- */

/* What this model does where an option is not given; empty where that is no matter of the model. */
static struct number spec_default(const struct lstmc_model *m, const char *option)
{
    const int rate = engine_hyper(m, "learning_rate");
    const struct {
        const char *option;
        double value;
    } numbers[] = {
        { "epochs", (double)m->epochs },
        { "learning-rate", rate >= 0 ? m->hypers[rate].value : NAN },
        { "validation-split", m->validation_split },
        { "length", (double)m->sample_length },
        { "temperature", m->temperature },
        { "top-k", (double)m->top_k },
        { "top-p", m->top_p },
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(numbers[i].option, option) == 0 && !isnan(numbers[i].value))
            return number_short(numbers[i].value, 9);
    struct number n = { "" };
    if (strcmp(option, "mode") == 0)
        strcpy(n.text, m->window_mode ? "window" : "stateful");
    return n;
}

/* What is too wide for the left column has a line of its own. */
static void print_columns(const char *left, const char *right)
{
    enum { WIDTH = 33 };
    if (strlen(left) > WIDTH) {
        printf("  %s\n", left);
        left = "";
    }
    printf("  %-*s %s", WIDTH, left, right);
}

static void print_option(const struct lstmc_model *m, const struct option *o)
{
    char left[64];
    const struct number value = spec_default(m, o->name);
    snprintf(left, sizeof left, "--%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
    print_columns(left, o->help);
    if (*value.text)
        printf(" (this model: %s)", value.text);
    printf("\n");
}

/* Those that belong to one command alone, under its name. */
static void print_options_of(const struct lstmc_model *m, int command)
{
    bool first = true;
    for (int i = 0; i < OPTIONS; i++) {
        if (options[i].commands != 1 << command)
            continue;
        if (first)
            printf("\nOptions of %s\n", commands[command].name);
        first = false;
        print_option(m, &options[i]);
    }
}

static void print_shared_options(const struct lstmc_model *m)
{
    printf("\nOptions of several commands\n");
    for (int i = 0; i < OPTIONS; i++) {
        const int mask = options[i].commands;
        if ((mask & (mask - 1)) == 0)
            continue;
        print_option(m, &options[i]);
        print_columns("", "(");
        for (int j = 0; j < COMMANDS; j++)
            if (mask & 1 << j)
                printf("%s%s", mask & ((1 << j) - 1) ? " " : "", commands[j].name);
        printf(")\n");
    }
}

/* A page: the commands, all options, how it ends. */
static void help(const struct lstmc_model *m)
{
    printf("%s: %s\n\n"
           "usage: %s COMMAND [OPTIONS]\n\n",
           m->name, m->title, m->name);
    for (int i = 0; i < COMMANDS; i++)
        printf("  %-10s %s\n", commands[i].name, commands[i].summary);
    printf("\n"
           "  %s train                         learns, into runs/%s; Ctrl-C saves and stops\n"
           "  %s train --resume                goes on, bit for bit\n"
           "  %s sample --prompt \"the \"        writes\n",
           m->name, m->name, m->name, m->name);
    for (int i = 0; i < COMMANDS; i++)
        print_options_of(m, i);
    print_shared_options(m);
    printf("\n`%s COMMAND --help` lists those of one command.\n\n"
           "Exit status: 0 done, 1 failed, 2 usage, 3 input does not fit, 4 training diverged, 5 "
           "disk,\n"
           "75 saved after SIGTERM or SIGHUP; after SIGINT it saves and dies of it.\n"
           "Written by lstmc %s.\n",
           m->name, m->version);
}

static void help_command(const struct lstmc_model *m, const struct command *c)
{
    printf("%s %s: %s\n\n", m->name, c->name, c->summary);
    for (int i = 0; i < OPTIONS; i++)
        if (options[i].commands & 1 << (c - commands))
            print_option(m, &options[i]);
    print_columns("--help", "this page\n");
}

/* ---- reading ------------------------------------------------------------------------------ */

static const struct command *find_command(const char *name)
{
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    quit(STATUS_USAGE, "unknown command %s; `%s --help` lists them", name, say_program());
}

static const struct option *find_option(const struct command *c, const char *name, size_t n)
{
    for (int i = 0; i < OPTIONS; i++)
        if (options[i].commands & 1 << (c - commands) && strlen(options[i].name) == n &&
            memcmp(options[i].name, name, n) == 0)
            return &options[i];
    quit(STATUS_USAGE, "unknown option --%.*s; `%s %s --help` lists them", (int)n, name,
         say_program(), c->name);
}

static bool is_word_of(const char *words, const char *word)
{
    size_t n = strlen(word);
    for (const char *w = words; w; w = strchr(w, '|') ? strchr(w, '|') + 1 : NULL)
        if (strcspn(w, "|") == n && memcmp(w, word, n) == 0)
            return true;
    return false;
}

static void set(const struct option *o, struct settings *s, const char *value)
{
    void *at = (char *)s + o->offset;
    double low = o->low, high = o->high, *real = at;
    switch (o->kind) {
    case FLAG:
        *(bool *)at = true;
        return;
    case PATH:
        if (!*value)
            quit(STATUS_USAGE, "--%s needs a %s, not an empty name", o->name, o->value);
        *(const char **)at = value;
        return;
    case TEXT:
        *(const char **)at = value;
        return;
    case WORD:
        if (!is_word_of(o->value, value))
            quit(STATUS_USAGE, "--%s %s: must be one of %s", o->name, value, o->value);
        *(const char **)at = value;
        return;
    case INTEGER:
        if (!number_parse_integer(value, (int64_t)low, (int64_t)high, at))
            quit(STATUS_USAGE, "--%s %s: must be a whole number from %.0f to %.0f", o->name, value,
                 low, high);
        return;
    case REAL:
        if (!number_parse(value, real) || !(*real >= low && *real <= high))
            quit(STATUS_USAGE, "--%s %s: must be a number, %s", o->name, value, o->range);
        return;
    }
}

/* Options of which one says the contrary of the other. */
static void refuse_contradictions(const struct settings *s)
{
    if (s->init && s->resume)
        quit(STATUS_USAGE, "--init begins a run and --resume goes on with one: give one of them");
    if (s->checkpoint && s->run)
        quit(STATUS_USAGE, "--checkpoint names a file and --run a folder: give one of them");
    if (s->checkpoint && s->best)
        quit(STATUS_USAGE, "--checkpoint names a file and --best another: give one of them");
}

const struct command *options_read(const struct lstmc_model *m, int argc, char **argv,
                                   struct settings *s)
{
    *s = (struct settings){ .epochs = -1,
                            .updates = -1,
                            .seed = -1,
                            .threads = -1,
                            .length = -1,
                            .top_k = -1,
                            .validation_split = NAN,
                            .learning_rate = NAN,
                            .time_limit = NAN,
                            .save_every = NAN,
                            .sample_every = NAN,
                            .temperature = NAN,
                            .top_p = NAN };
    if (argc < 2)
        quit(STATUS_USAGE, "which command? `%s --help` lists them", say_program());
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        help(m);
        exit(end_stdout(STATUS_DONE));
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("%s (lstmc %s)\n", m->name, m->version);
        exit(end_stdout(STATUS_DONE));
    }
    if (argv[1][0] == '-')
        quit(STATUS_USAGE, "unknown option %s; a command comes first", argv[1]);
    const struct command *c = find_command(argv[1]);
    for (int i = 2; i < argc; i++) {
        const char *word = argv[i];
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            help_command(m, c);
            exit(end_stdout(STATUS_DONE));
        }
        if (strcmp(word, "-o") == 0 && c->run == command_gradients)
            word = "--output";
        if (word[0] == '-' && word[1] != '-')
            quit(STATUS_USAGE, "unknown option %s; `%s %s --help` lists them", word, say_program(),
                 c->name);
        if (word[0] != '-')
            quit(STATUS_USAGE, "what is `%s`? options begin with --", word);
        size_t n = strcspn(word + 2, "=");
        const struct option *o = find_option(c, word + 2, n);
        const char *value = word[2 + n] == '=' ? word + 3 + n : NULL;
        if (o->kind == FLAG && value)
            quit(STATUS_USAGE, "--%s takes no value", o->name);
        if (o->kind != FLAG && !value) {
            if (i + 1 == argc)
                quit(STATUS_USAGE, "--%s needs a value: %s", o->name, o->value);
            value = argv[++i];
        }
        set(o, s, value);
    }
    refuse_contradictions(s);
    return c;
}
