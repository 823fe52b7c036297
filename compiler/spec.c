/* The parent's side of the fence: starts the child, gathers what it says within limits, and takes
 * it as if it came from the network. The module is read from its IR text, so nothing else can come
 * through. */
#include "spec.h"
#include "diag.h"
#include "passes.h"
#include "text.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What has come so far, and what it says. */
struct answer {
    struct arena *arena;
    const char *spec; /* its path as given */
    struct buffer bytes;
    bool late, long_winded;
    int status; /* of the child, as wait gives it */
    const char *files[SPEC_MAX_FILES];
    int file_count;
    struct input_file *inputs, **last_input;
    const char *module;
    size_t module_length;
};

/* ---- the child ------------------------------------------------------------------------------- */

static char *read_spec(const char *path, size_t *length)
{
    struct stat st;
    const char *why;
    if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > SPEC_FILE_KB * 1024)
        err("%s: the spec is larger than %d KB", path, SPEC_FILE_KB);
    char *text = (char *)read_regular_file(path, length, &why);
    if (!text)
        err("%s: %s", path, why);
    return text;
}

static const char *folder_of(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');
    return !slash ? "." : slash == path ? "/" : arena_copy(a, path, (size_t)(slash - path));
}

static pid_t start(struct spec_job *job, int *in)
{
    int ends[2];
    if (pipe(ends) != 0)
        err("pipe: %s", strerror(errno));
    fflush(NULL);
    pid_t child = fork();
    if (child < 0)
        err("fork: %s", strerror(errno));
    if (child == 0) {
        close(ends[0]);
        job->out = ends[1];
        spec_child(job);
    }
    close(ends[1]);
    *in = ends[0];
    return child;
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* One piece from the pipe; false at its end or when a limit is reached. */
static bool gather(struct answer *a, int in, int64_t deadline)
{
    char piece[1 << 16];
    struct pollfd p = { .fd = in, .events = POLLIN };
    int64_t left = deadline - now_ms();
    a->late = left <= 0;
    if (a->late)
        return false;
    int ready = poll(&p, 1, (int)left);
    ssize_t n = ready > 0 ? read(in, piece, sizeof piece) : 0;
    if (ready == 0 || ((ready < 0 || n < 0) && errno == EINTR))
        return true;
    if (n > 0)
        buffer_add(&a->bytes, piece, (size_t)n);
    a->long_winded = a->bytes.length > (size_t)SPEC_ANSWER_MB << 20;
    return n > 0 && !a->long_winded;
}

static void run(struct answer *a, struct spec_job *job)
{
    int in;
    const int64_t deadline =
        now_ms() + SPEC_CLOCK_SECONDS * 1000 - 250; /* the rest is for reading what came */
    pid_t child = start(job, &in);
    while (gather(a, in, deadline))
        ;
    close(in);
    kill(child, SIGKILL); /* it has either ended or is to */
    while (waitpid(child, &a->status, 0) < 0 && errno == EINTR)
        ;
}

/* ---- what it said ---------------------------------------------------------------------------- */

struct frame_view {
    char tag;
    char *s; /* in place; the newline behind it is made a NUL */
    size_t n;
};

/* The next whole frame at *at; what is cut off or garbled ends the answer. */
static bool next_frame(struct answer *a, size_t *at, struct frame_view *f)
{
    char *s = a->bytes.text + *at, *end = a->bytes.text + a->bytes.length;
    size_t n = 0;
    if (end - s < 4 || s[1] != ' ')
        return false;
    f->tag = *s;
    for (s += 2; s < end && *s >= '0' && *s <= '9' && n <= a->bytes.length; s++)
        n = 10 * n + (size_t)(*s - '0');
    if (s == end || *s != '\n' || n >= (size_t)(end - s - 1) || s[1 + n] != '\n')
        return false;
    f->n = n;
    f->s = s + 1;
    f->s[n] = '\0';
    *at = (size_t)(s + n + 2 - a->bytes.text);
    return true;
}

/* A decimal in [-1, 10^6] and the blank behind it. */
static int take_int(char **s)
{
    char *end;
    long n = strtol(*s, &end, 10);
    bool good = end != *s && *end == ' ' && n >= -1 && n <= 1000000;
    *s = good ? end + 1 : *s;
    return good ? (int)n : 0;
}

static void hide_nuls(struct frame_view *f)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->s[i] == '\0')
            f->s[i] = '?';
}

static void take_message(struct answer *a, struct frame_view *f)
{
    hide_nuls(f);
    char *s = f->s;
    int file = take_int(&s);
    struct where w = { .file = file >= 0 && file < a->file_count ? a->files[file] : NULL };
    w.line = take_int(&s);
    w.column = take_int(&s);
    w.length = take_int(&s);
    diag(f->tag == FRAME_ERROR     ? SEVERITY_ERROR
         : f->tag == FRAME_WARNING ? SEVERITY_WARNING
                                   : SEVERITY_NOTE,
         w, "%s", s);
}

static void take_print(struct answer *a, struct frame_view *f)
{
    (void)a;
    diag_print_clean(f->s, f->n, true);
}

static void add_input(struct answer *a, const char *path)
{
    struct input_file *i = arena_alloc(a->arena, sizeof *i);
    i->path = path;
    *a->last_input = i;
    a->last_input = &i->next;
}

static void add_file(struct answer *a, const char *path, const char *text, size_t length)
{
    if (a->file_count == SPEC_MAX_FILES)
        return;
    a->files[a->file_count++] = path;
    diag_source(path, text, length);
    add_input(a, path);
}

static void take_lua(struct answer *a, struct frame_view *f)
{
    char *text = memchr(f->s, '\n', f->n);
    if (!text)
        return;
    *text++ = '\0';
    add_file(a, f->s, text, f->n - (size_t)(text - f->s));
}

static void take_corpus(struct answer *a, struct frame_view *f)
{
    hide_nuls(f);
    add_input(a, f->s);
}

static void take_module(struct answer *a, struct frame_view *f)
{
    a->module = f->s;
    a->module_length = f->n;
}

static void take_frames(struct answer *a)
{
    static const struct {
        char tag;
        void (*take)(struct answer *, struct frame_view *);
    } takers[] = {
        { FRAME_ERROR, take_message }, { FRAME_WARNING, take_message },
        { FRAME_NOTE, take_message },  { FRAME_PRINT, take_print },
        { FRAME_LUA, take_lua },       { FRAME_CORPUS, take_corpus },
        { FRAME_MODULE, take_module },
    };
    struct frame_view f;
    for (size_t at = 0; next_frame(a, &at, &f);)
        for (size_t i = 0; i < sizeof takers / sizeof *takers; i++)
            if (takers[i].tag == f.tag)
                takers[i].take(a, &f);
}

/* How it ended, where that is the spec's fault. SIGKILL comes from the hard limit of CPU time or
 * from us, for being late. */
static void judge_end(const struct answer *a)
{
    const struct where spec = { .file = a->spec };
    int signal = WIFSIGNALED(a->status) ? WTERMSIG(a->status) : 0;
    bool killed = signal == SIGKILL && !a->module && diag_errors() == 0;
    if (a->long_winded)
        diag(SEVERITY_ERROR, spec, "memory limit: the model is larger than %d MB of text",
             SPEC_ANSWER_MB);
    else if (a->late || signal == SIGXCPU || killed)
        diag(SEVERITY_ERROR, spec,
             "time limit: the spec took more than %d seconds of CPU or %d on the clock",
             SPEC_CPU_SECONDS, SPEC_CLOCK_SECONDS);
    else if (signal != 0 && signal != SIGKILL)
        diag(SEVERITY_ERROR, spec, "the process that ran the spec died of signal %d", signal);
}

/* Needs: o->input is no .ir. Gives: a module of stage trace, all of whose text came through the
 * fence; or ends the run. */
struct module *trace_spec(struct arena *arena, const struct options *o)
{
    struct answer a = {
        .arena = arena, .spec = o->input, .bytes.arena = arena, .last_input = &a.inputs
    };
    struct spec_job job = { .arena = arena, .options = o, .folder = folder_of(arena, o->input) };
    job.data_folder = getenv("LSTMC_DATA");
    job.text = read_spec(o->input, &job.length);
    add_file(&a, o->input, job.text, job.length);
    run(&a, &job);
    if (a.bytes.length > 0)
        take_frames(&a);
    judge_end(&a);
    diag_stop_on_errors();
    if (!a.module)
        die("the front end ended with neither a module nor an error (status %d)", a.status);
    struct module *m = module_read(arena, "<trace>", a.module, a.module_length);
    if (!m)
        die("the front end wrote a module that does not read");
    m->inputs = a.inputs;
    return m;
}
