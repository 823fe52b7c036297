/* Finding, reading and counting a corpus. The rules of reading are those of runtime/text.c, which
 * every trainer shares. */
#include "corpus.h"
#include "casing.h"
#include "hash.h"
#include "text.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SMALL_SIGMA = 0x3C3, FINAL_SIGMA = 0x3C2 };

/* ---- finding --------------------------------------------------------------------------------- */

static bool climbs(const char *path)
{
    for (const char *part = path; part; part = strchr(part, '/')) {
        part += *part == '/';
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
            return true;
    }
    return false;
}

static bool exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 || errno != ENOENT;
}

static const char *in_folder(struct arena *a, const char *folder, const char *name)
{
    return strcmp(folder, ".") == 0 ? name : arena_printf(a, "%s/%s", folder, name);
}

static const char *missing(struct arena *a, const struct corpus_search *w, const char *name)
{
    const char *hint = "";
    if (strcmp(name, "macbeth.txt") == 0)
        hint = "; `./quickstart` fetches it";
    return w->data_folder ? arena_printf(a, "%s is neither in %s nor in $LSTMC_DATA, %s%s", name,
                                         w->spec_folder, w->data_folder, hint)
                          : arena_printf(a, "%s is not in %s, and LSTMC_DATA is not set%s", name,
                                         w->spec_folder, hint);
}

static const char *find(struct arena *a, const struct corpus_search *w, const char *name,
                        const char **fault)
{
    if (w->text)
        return w->text;
    if (name[0] == '\0' || name[0] == '/' || climbs(name)) {
        *fault = arena_printf(
            a,
            "`%s`: a corpus is named by a path below the spec's folder or $LSTMC_DATA; any other "
            "file is given with --text",
            name);
        return NULL;
    }
    const char *folders[] = { w->spec_folder, w->data_folder };
    for (int i = 0; i < 2; i++) {
        const char *path = folders[i] ? in_folder(a, folders[i], name) : NULL;
        if (path && exists(path))
            return path;
    }
    *fault = missing(a, w, name);
    return NULL;
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool decode(struct arena *a, const char *path, const struct text_rules *rules,
                   struct text *text, const char **fault)
{
    size_t size;
    const char *why;
    unsigned char *bytes = read_regular_file(path, &size, &why);
    if (!bytes) {
        *fault = arena_printf(a, "%s: %s", path, why);
        return false;
    }
    struct text_fault at;
    bool good = text_decode(bytes, size, rules, text, &at);
    if (!good && at.what)
        *fault =
            arena_printf(a, "%s is not UTF-8: %s at byte offset %zu", path, at.what, at.offset);
    else if (!good)
        *fault = arena_printf(a, "%s: memory limit: a text of %zu bytes is too large", path, size);
    free(bytes);
    return good;
}

/* ---- counting -------------------------------------------------------------------------------- */

static const char *hash_of(struct arena *a, const struct text *text)
{
    enum { PIECE = 4096 };
    char bytes[PIECE + 4], *hex = arena_alloc(a, 65);
    size_t n = 0;
    struct sha256 sum;
    sha256_init(&sum);
    for (size_t i = 0; i < text->count; i++) {
        n += (size_t)text_encode(text->points[i], bytes + n);
        if (n < PIECE)
            continue;
        sha256_add(&sum, bytes, n);
        n = 0;
    }
    sha256_add(&sum, bytes, n);
    sha256_hex(&sum, hex);
    return hex;
}

/* -sum p ln p over the symbols. */
static double unigram_loss(struct arena *a, const struct corpus *c, const struct text *text)
{
    int64_t *counts = arena_new_array(a, int64_t, c->symbol_count + 1);
    for (size_t i = 0; i < text->count; i++)
        counts[text_index(c->symbols, c->symbol_count, text->points[i])]++;
    double loss = 0;
    for (int i = 0; i < c->symbol_count; i++) {
        double p = (double)counts[i] / (double)c->characters;
        loss -= p * log(p);
    }
    return loss;
}

/* ---- what a prompt needs --------------------------------------------------------------------- */

static bool is_symbol(const struct corpus *c, uint32_t point)
{
    return text_index(c->symbols, c->symbol_count, point) >= 0;
}

static bool takes_for_symbols(const struct corpus *c, const struct lstmc_casing *casing)
{
    for (int i = 0; i < casing->count; i++)
        if (!is_symbol(c, casing->to[i]))
            return false;
    return true;
}

static struct code_range *copy_ranges(struct arena *a, const struct lstmc_code_range *from,
                                      int count)
{
    struct code_range *to = arena_new_array(a, struct code_range, count);
    for (int i = 0; i < count; i++)
        to[i] = (struct code_range){ from[i].first, from[i].last };
    return to;
}

/* The casings that end in symbols; a character that takes another road is refused with or without
 * its casing. Where there is a sigma, whether it is final may depend on any neighbour, so those
 * tables stay whole. */
static void keep_rules(struct arena *a, struct corpus *c, const struct text_rules *rules)
{
    c->casings = arena_new_array(a, struct casing, rules->casing_count);
    for (int i = 0; i < rules->casing_count; i++) {
        const struct lstmc_casing *from = &rules->casings[i];
        struct casing *to = &c->casings[c->casing_count];
        if (!takes_for_symbols(c, from))
            continue;
        *to = (struct casing){ .from = from->from, .count = from->count };
        memcpy(to->to, from->to, sizeof to->to);
        c->casing_count++;
    }
    if (!is_symbol(c, SMALL_SIGMA) && !is_symbol(c, FINAL_SIGMA))
        return;
    c->cased = copy_ranges(a, rules->cased, c->cased_count = rules->cased_count);
    c->ignorable = copy_ranges(a, rules->ignorable, c->ignorable_count = rules->ignorable_count);
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* A path on one machine means nothing on another, and what is emitted holds no path: of --text the
 * name remains. */
static const char *name_of(const struct corpus_search *w, const char *name)
{
    const char *slash = w->text ? strrchr(w->text, '/') : NULL;
    return slash ? slash + 1 : w->text ? w->text : name;
}

static uint32_t *copy_symbols(struct arena *a, const struct text *text, int *count)
{
    uint32_t *symbols = text_symbols(text, count);
    if (!symbols)
        return NULL;
    uint32_t *copy = arena_new_array(a, uint32_t, *count);
    memcpy(copy, symbols, sizeof *copy * (size_t)*count);
    free(symbols);
    return copy;
}

struct corpus *corpus_read(struct arena *a, const struct corpus_search *where, const char *name,
                           bool lowercase, const char **fault)
{
    struct text text;
    struct text_rules rules = casing_rules(a, lowercase);
    const char *path = find(a, where, name, fault);
    if (!path || !decode(a, path, &rules, &text, fault))
        return NULL;
    struct corpus *c = arena_alloc(a, sizeof *c);
    *c = (struct corpus){ .name = name_of(where, name), .path = path, .lowercase = lowercase };
    c->characters = (int64_t)text.count;
    c->symbols = copy_symbols(a, &text, &c->symbol_count);
    if (!c->symbols) {
        *fault = arena_printf(a, "%s: memory limit", path);
        c = NULL;
    } else {
        c->sha256 = hash_of(a, &text);
        c->unigram = unigram_loss(a, c, &text);
        keep_rules(a, c, &rules);
    }
    text_free(&text);
    return c;
}

void corpus_describe(const struct corpus *c, struct data *out)
{
    out->corpus = c->name;
    out->lowercase = c->lowercase;
    out->characters = c->characters;
    out->sha256 = c->sha256;
    out->unigram = c->unigram;
    out->symbols = c->symbols;
    out->symbol_count = c->symbol_count;
    out->casings = c->casings;
    out->casing_count = c->casing_count;
    out->cased = c->cased;
    out->cased_count = c->cased_count;
    out->ignorable = c->ignorable;
    out->ignorable_count = c->ignorable_count;
}
