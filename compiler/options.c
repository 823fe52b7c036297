/* The command line of lstmc: one table row per option. */
#include "options.h"
#include "diag.h"
#include "lstmc/model.h"
#include "passes.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* " fold cse ..." */
static const char pass_list[] =
#define PASS(name, text) " " #name
#include "passes.def"
#undef PASS
    ;

/* %s: the rewrites */
static const char usage[] =
    "usage: lstmc SPEC.lua|MODEL.ir -o DIR [OPTIONS]\n"
    "\n"
    "Compiles a model's description into the C sources of its trainer, DIR/<name>/:\n"
    "\n"
    "  lstmc specs/macbeth.lua -o generated/\n"
    "  cmake -S generated/macbeth -B build/macbeth && cmake --build build/macbeth\n"
    "  build/macbeth/macbeth train\n"
    "\n"
    "What to do\n"
    "  -o DIR                          write the trainer's sources into DIR/<name>/; DIR is made "
    "if need be\n"
    "  --check                         say whether the description is right, write nothing\n"
    "  --summary                       layers, data, memory and work of the model\n"
    "  --emit=c|ir|dot                 what to write: C sources (default), the model after the "
    "last stage as a file\n"
    "                                  that lstmc reads, its graph for Graphviz; without -o the "
    "last two go to stdout\n"
    "  --dump=STAGE                    print the model after trace, grad, opt, schedule or plan\n"
    "\n"
    "The model\n"
    "  --text FILE                     the corpus, instead of the one that the description names; "
    "that is looked for\n"
    "                                  beside the description, then in $LSTMC_DATA\n"
    "  --name NAME                     the model's name, instead of its own\n"
    "  -D NAME=VALUE                   set Parameter(\"NAME\", default) of the description\n"
    "  --dtype=DTYPE                   float32, float64 or mixed_bfloat16, instead of its own\n"
    "\n"
    "The code\n"
    "  --gemm=auto|emitted|openblas    who multiplies matrices while training (auto: emitted "
    "loops)\n"
    "  --max-memory SIZE               refuse a model that needs more (bytes, or with K, M, G)\n"
    "  -fno-PASS                       leave one rewrite out:%s\n"
    "\n"
    "Builds\n"
    "  -MD -MF FILE -MT TARGET         write a depfile: the description, its Lua files, the "
    "corpus\n"
    "\n"
    "  --color=auto|always|never       of messages\n"
    "  --help, --version\n"
    "\n"
    "Exit status: 0 done, 1 internal error, 2 something that you can mend: options, description, "
    "corpus, folder.\n";

_Noreturn static void end_of_talk(void)
{
    flush_output();
    exit(EXIT_DONE);
}

/* Index of `value` in a NULL-terminated list of words. */
static int one_of(const char *option, const char *value, const char *const *words)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(value, words[i]) == 0)
            return i;
    fprintf(stderr, "lstmc: error: option %s: expected", option);
    for (int i = 0; words[i]; i++)
        fprintf(stderr, "%s %s", i == 0 ? "" : words[i + 1] ? "," : " or", words[i]);
    fprintf(stderr, ", found `%s`\n", value);
    exit(EXIT_USER);
}

static const char *const emit_words[] = { "c", "ir", "dot", NULL };
static const char *const gemm_words[] = { "auto", "emitted", "openblas", NULL };
static const char *const color_words[] = { "auto", "always", "never", NULL };
static const char *const dump_words[] = { "trace", "grad", "opt", "schedule", "plan", NULL };

static void set_output(struct options *o, const char *v)
{
    o->output = v;
}
static void set_name(struct options *o, const char *v)
{
    o->name = v;
}
static void set_text(struct options *o, const char *v)
{
    o->text = v;
}
static void set_check(struct options *o, const char *v)
{
    (void)v;
    o->check = true;
}
static void set_summary(struct options *o, const char *v)
{
    (void)v;
    o->summary = true;
}
static void set_emit(struct options *o, const char *v)
{
    o->emit = (enum emit_kind)one_of("--emit", v, emit_words);
    o->emit_given = o->emit != EMIT_C;
}
static void set_dump(struct options *o, const char *v)
{
    o->dump = dump_words[one_of("--dump", v, dump_words)];
}
static void set_dtype(struct options *o, const char *v)
{
    o->dtype = (enum dtype)one_of("--dtype", v, dtype_words);
    o->dtype_given = true;
}
static void set_gemm(struct options *o, const char *v)
{
    o->gemm = (enum gemm)one_of("--gemm", v, gemm_words);
}
static void set_color(struct options *o, const char *v)
{
    (void)o;
    diag_color((enum color)one_of("--color", v, color_words));
}
static void set_depfile(struct options *o, const char *v)
{
    (void)v;
    o->depfile = true;
}
static void set_depfile_path(struct options *o, const char *v)
{
    o->depfile_path = v;
}
static void set_depfile_target(struct options *o, const char *v)
{
    o->depfile_target = v;
}
static void set_help(struct options *o, const char *v)
{
    (void)o, (void)v;
    printf(usage, pass_list);
    end_of_talk();
}
static void set_version(struct options *o, const char *v)
{
    (void)o, (void)v;
    puts("lstmc " LSTMC_VERSION);
    end_of_talk();
}

static void set_max_memory(struct options *o, const char *v)
{
    char *end;
    unsigned long long n = strtoull(v, &end, 10);
    int shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
    if (end == v || *v == '-' || end[shift != 0] || n == 0 || n > (1ull << 62 >> shift))
        err("option --max-memory: expected a size such as 64M, found `%s`", v);
    o->max_memory = (int64_t)(n << shift);
}

static const struct option_row {
    const char *name;
    bool takes_value;
    void (*set)(struct options *o, const char *value);
} option_rows[] = {
    { "-o", true, set_output },          { "--check", false, set_check },
    { "--summary", false, set_summary }, { "--emit", true, set_emit },
    { "--dump", true, set_dump },        { "--text", true, set_text },
    { "--name", true, set_name },        { "--dtype", true, set_dtype },
    { "--gemm", true, set_gemm },        { "--max-memory", true, set_max_memory },
    { "-MD", false, set_depfile },       { "-MF", true, set_depfile_path },
    { "-MT", true, set_depfile_target }, { "--color", true, set_color },
    { "--help", false, set_help },       { "-h", false, set_help },
    { "--version", false, set_version },
};

/* The row of `--name`, `--name=value`; *value points behind the `=`, NULL if there is none. */
static const struct option_row *find_option(const char *arg, const char **value)
{
    size_t n = strcspn(arg, "=");
    *value = arg[n] ? arg + n + 1 : NULL;
    for (size_t i = 0; i < sizeof option_rows / sizeof *option_rows; i++)
        if (strlen(option_rows[i].name) == n && memcmp(arg, option_rows[i].name, n) == 0)
            return &option_rows[i];
    return NULL;
}

static void switch_pass_off(struct options *o, const char *name)
{
    for (int p = 0; p < PASS_COUNT; p++)
        if (strcmp(name, pass_names[p]) == 0) {
            o->passes_off |= 1u << p;
            return;
        }
    err("unknown option -fno-%s: the passes are%s", name, pass_list);
}

static void add_define(struct arena *a, struct options *o, const char *text)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text)
        err("option -D: expected NAME=VALUE, found `%s`", text);
    struct define *d = arena_alloc(a, sizeof *d);
    *d = (struct define){ .name = arena_copy(a, text, (size_t)(equals - text)),
                          .value = equals + 1 };
    struct define **end = &o->defines;
    while (*end)
        end = &(*end)->next;
    *end = d;
}

static void take_input(struct options *o, const char *arg)
{
    if (o->input)
        err("one description at a time: `%s` and `%s` were given", o->input, arg);
    o->input = arg;
}

/* What stands behind the option, in the same argument or, NULL, in the next. An empty word is no value:
 * mostly it is a variable of a script that is not set. */
static const char *take_value(const char *option, const char *value, char **argv, int *i)
{
    if (!value)
        value = argv[++*i];
    if (!value || !*value)
        err("option %s needs a value, found %s; see lstmc --help", option,
            value ? "an empty one" : "none");
    return value;
}

static void check_together(const struct options *o)
{
    if (!o->input)
        err("no description given: lstmc SPEC.lua -o DIR; see lstmc --help");
    if (!o->output && !o->check && !o->summary && !o->dump && !o->emit_given)
        err("where to? -o DIR writes the trainer into DIR/<name>/; --check and --summary write "
            "nothing");
    if (o->check && o->output)
        err("options --check and -o contradict each other: --check writes nothing");
    if (o->depfile_path && !o->depfile)
        err("option -MF needs -MD");
    if (o->depfile && (!o->depfile_path || !o->depfile_target))
        err("option -MD needs -MF FILE and -MT TARGET");
}

struct options *read_options(struct arena *a, int argc, char **argv)
{
    struct options *o = arena_alloc(a, sizeof *o);
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i], *value;
        if (arg[0] != '-' || !arg[1]) {
            take_input(o, arg);
        } else if (strncmp(arg, "-fno-", 5) == 0) {
            switch_pass_off(o, arg + 5);
        } else if (strncmp(arg, "-D", 2) == 0) {
            add_define(a, o, take_value("-D", arg[2] ? arg + 2 : NULL, argv, &i));
        } else {
            const struct option_row *row = find_option(arg, &value);
            if (!row)
                err("unknown option %s; see lstmc --help", arg);
            if (value && !row->takes_value)
                err("option %s takes no value, found `%s`", row->name, value);
            row->set(o, row->takes_value ? take_value(row->name, value, argv, &i) : NULL);
        }
    }
    check_together(o);
    return o;
}
