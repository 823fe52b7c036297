/* From memory to disk, all files or none: drafts under other names first, and nothing gets its name
 * before every draft is written. Where that fails, the drafts go again, and the folders that were
 * made for them; what stands in the way of a name is seen before. Files whose bytes would stay the same are not touched. */
#define _POSIX_C_SOURCE 200809L
#include "emit_disk.h"
#include "diag.h"
#include "text.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Undoes what was done so far, the last first. */
_Noreturn static void give_up(const struct disk *d, const char *what, const char *path,
                              const char *why)
{
    for (const struct made *s = d->last; s; s = s->before)
        (void)(s->draft ? unlink(s->draft) : rmdir(s->path));
    err("%s %s: %s", what, path, why);
}

static void remember(struct disk *d, const char *path, const char *draft)
{
    struct made *s = arena_alloc(d->arena, sizeof *s);
    *s = (struct made){ path, draft, d->last };
    d->last = s;
}

void disk_make_folder(struct disk *d, const char *path)
{
    for (size_t n = 1; path[n - 1]; n++) {
        if (path[n] && path[n] != '/')
            continue;
        const char *part = arena_copy(d->arena, path, n);
        const int error = mkdir(part, 0777) == 0 ? 0 : errno;
        if (error == 0)
            remember(d, part, NULL);
        else if (error != EEXIST && access(part, F_OK) != 0)
            give_up(d, "option -o: cannot make the folder", part, strerror(error));
    }
}

static bool is_on_disk(const char *path, const struct buffer *text)
{
    size_t size;
    const char *why;
    unsigned char *old = read_regular_file(path, &size, &why);
    const bool same = old && size == text->length && memcmp(old, text->text, size) == 0;
    free(old);
    return same;
}

void disk_add_file(struct disk *d, const char *option, const char *path, const struct buffer *text)
{
    struct stat st;
    const char *what = arena_printf(d->arena, "option %s: cannot write", option);
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        give_up(d, what, path, "it is not a regular file");
    if (is_on_disk(path, text))
        return;
    const char *draft = arena_printf(d->arena, "%s.new", path);
    FILE *f = fopen(draft, "wb");
    if (!f)
        give_up(d, what, path, strerror(errno));
    remember(d, path, draft);
    const bool written = fwrite(text->text, 1, text->length, f) == text->length;
    const int error = written ? 0 : errno;
    if (fclose(f) != 0 || !written)
        give_up(d, what, path, strerror(error ? error : errno));
}

void disk_commit(struct disk *d)
{
    struct made *first = NULL;
    for (struct made *s = d->last, *before; s; s = before) { /* turned round: in their order */
        before = s->before;
        s->before = first;
        first = s;
    }
    for (d->last = first; d->last; d->last = d->last->before)
        if (d->last->draft && rename(d->last->draft, d->last->path) != 0)
            give_up(d, "cannot write", d->last->path, strerror(errno));
}
