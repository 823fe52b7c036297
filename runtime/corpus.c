#define _XOPEN_SOURCE 700
#include "corpus.h"
#include "batches.h"
#include "hash.h"
#include "number.h"
#include "say.h"
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct text_rules corpus_rules(const struct lstmc_model *m)
{
    return (struct text_rules){
        .lowercase = m->lowercase != 0,
        .casings = m->casings,
        .casing_count = m->casing_count,
        .cased = m->cased,
        .cased_count = m->cased_count,
        .ignorable = m->ignorable,
        .ignorable_count = m->ignorable_count,
    };
}

/* ---- characters to indices ---------------------------------------------------------------- */

_Noreturn static void refuse_character(const struct text *t, size_t at, const char *name,
                                       const char *remedy)
{
    int64_t line = 1, column = 1;
    for (size_t i = 0; i < at; i++) {
        column = t->points[i] == '\n' ? 1 : column + 1;
        line += t->points[i] == '\n';
    }
    char bytes[5] = { 0 };
    uint32_t point = t->points[at];
    if (point >= ' ' && point != 0x7F)
        text_encode(point, bytes);
    quit(STATUS_INPUT,
         "%s: line %" PRId64 ", column %" PRId64 " (character %zu): U+%04" PRIX32
         " '%s' is not one of this model's characters; %s",
         name, line, column, at + 1, point, bytes, remedy);
}

const char corpus_of_its_own[] = "lstmc --text FILE writes a trainer for another text";

int64_t corpus_encode(const struct lstmc_model *m, struct text *t, const char *name,
                      const char *remedy)
{
    /* Refuse first, replace afterwards: the message counts lines. */
    for (size_t i = 0; i < t->count && remedy; i++)
        if (text_index(m->symbols, m->symbol_count, t->points[i]) < 0)
            refuse_character(t, i, name, remedy);
    size_t kept = 0, before = t->count;
    for (size_t i = 0; i < before; i++) {
        int index = text_index(m->symbols, m->symbol_count, t->points[i]);
        if (index >= 0)
            t->points[kept++] = (uint32_t)index;
    }
    t->count = kept;
    return (int64_t)(before - kept);
}

/* ---- finding it --------------------------------------------------------------------------- */

/* The folder of the running program, without a slash at its end; "" when it cannot be known. */
static void executable_folder(char folder[PATH_MAX])
{
    ssize_t n = readlink("/proc/self/exe", folder, PATH_MAX - 1);
    folder[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
}

/* Where a text may lie, in the order of preference; what is said when none is there. */
struct search {
    char paths[4][PATH_MAX];
    int count;
};

static void look_at(struct search *s, const char *folder, const char *file)
{
    const char *slash = *folder ? "/" : "";
    int n = snprintf(s->paths[s->count], PATH_MAX, "%s%s%s", folder, slash, file);
    s->count += n > 0 && n < PATH_MAX;
}

static struct search places(const struct lstmc_model *m, const char *given, const char *remembered)
{
    struct search s = { .count = 0 };
    if (given) {
        look_at(&s, "", given);
        return s;
    }
    char folder[PATH_MAX];
    const char *data = getenv("LSTMC_DATA");
    if (remembered)
        look_at(&s, "", remembered);
    if (data && *data)
        look_at(&s, data, m->corpus);
    look_at(&s, "", m->corpus);
    executable_folder(folder);
    if (*folder)
        look_at(&s, folder, m->corpus);
    return s;
}

bool corpus_is_there(const struct lstmc_model *m, const char *given, const char *remembered)
{
    const struct search s = places(m, given, remembered);
    bool found = false;
    for (int i = 0; i < s.count && !found; i++)
        found = access(s.paths[i], R_OK) == 0;
    return found;
}

_Noreturn static void refuse_search(const struct search *s, const char *why)
{
    char list[sizeof s->paths + 64] = "";
    for (int i = 0; i < s->count; i++) {
        strcat(list, "\n    ");
        strcat(list, s->paths[i]);
    }
    if (s->count == 1)
        quit(STATUS_INPUT, "%s: %s", s->paths[0], why);
    quit(STATUS_INPUT, "there is no text at any of%s\n  give --text FILE, or set LSTMC_DATA", list);
}

/* ---- reading it --------------------------------------------------------------------------- */

static void decode(const struct lstmc_model *m, const char *path, const unsigned char *bytes,
                   size_t size, struct text *t)
{
    struct text_fault fault;
    struct text_rules rules = corpus_rules(m);
    if (text_decode(bytes, size, &rules, t, &fault))
        return;
    if (!fault.what)
        quit(STATUS_FAILED, "%s: out of memory", path);
    quit(STATUS_INPUT, "%s: byte offset %zu: %s; the text must be UTF-8", path, fault.offset,
         fault.what);
}

struct corpus corpus_open(const struct lstmc_model *m, const char *given, const char *remembered,
                          const char *remedy)
{
    struct search s = places(m, given, remembered);
    const char *why = "no such file", *path = NULL;
    unsigned char *bytes = NULL;
    size_t size = 0;
    for (int i = 0; i < s.count && !bytes; i++) {
        path = s.paths[i];
        bytes = read_regular_file(path, &size, &why);
    }
    if (!bytes)
        refuse_search(&s, why);
    if (remembered && !given && strcmp(path, remembered) != 0)
        warn("%s, the text of this run, cannot be read", remembered);

    struct corpus c = { .path = realpath(path, NULL) };
    struct sha256 sum;
    struct text t;
    sha256_init(&sum);
    sha256_add(&sum, bytes, size);
    sha256_hex(&sum, c.hash);
    decode(m, path, bytes, size, &t);
    free(bytes);
    c.skipped = corpus_encode(m, &t, path, remedy);
    c.indices = t.points;
    c.count = (int64_t)t.count;
    if (!c.path)
        quit(STATUS_INPUT, "%s: %s", path, strerror(errno));
    say("text      %s, %s characters", path, number_grouped(c.count).text);
    if (batches_samples(m, c.count) == 0)
        quit(STATUS_INPUT,
             "%s: %s characters are too few: a window of %d and what follows it need %d", path,
             number_grouped(c.count).text, m->steps, m->steps + 1);
    return c;
}

void corpus_close(struct corpus *c)
{
    free(c->path);
    free(c->indices);
    *c = (struct corpus){ 0 };
}
