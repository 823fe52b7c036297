#define _POSIX_C_SOURCE 200809L
#include "log.h"
#include "newfile.h"
#include "number.h"
#include "say.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char opening[] = "{\"update\":";

/* Bytes of the lines, from the start, that are whole and of updates up to `update`. */
static off_t keep_until(FILE *f, int64_t update)
{
    char *line = NULL;
    size_t room = 0;
    off_t kept = 0;
    ssize_t n;
    while ((n = getline(&line, &room, f)) > 0) {
        const size_t skip = sizeof opening - 1;
        if (line[n - 1] != '\n' || strncmp(line, opening, skip) != 0 ||
            strtoll(line + skip, NULL, 10) > update)
            break;
        kept += n;
    }
    free(line);
    return kept;
}

struct log log_open(const char *path, int64_t update)
{
    struct log l = { NULL, path };
    struct stat st;
    if (!path)
        return l;
    l.file = fopen(path, "a+e");
    if (!l.file || fstat(fileno(l.file), &st) != 0)
        quit(STATUS_DISK, "--log %s: %s", path, strerror(errno));
    if (S_ISREG(st.st_mode)) {
        rewind(l.file);
        off_t kept = update > 0 ? keep_until(l.file, update) : 0;
        fflush(l.file);
        if (ftruncate(fileno(l.file), kept) != 0)
            quit(STATUS_DISK, "--log %s: %s", path, strerror(errno));
        fseeko(l.file, 0, SEEK_END);
        const int error = newfile_sync_folder(path);
        if (error != 0)
            warn("the log %s may not survive a power cut: %s", path, strerror(error));
    }
    return l;
}

static void give_up(struct log *l)
{
    warn("the log %s ends here: %s", l->path, strerror(errno));
    fclose(l->file);
    l->file = NULL;
}

void log_update(struct log *l, int64_t update, int64_t epoch)
{
    if (l->file)
        fprintf(l->file, "%s%" PRId64 ",\"epoch\":%" PRId64, opening, update, epoch);
}

void log_value(struct log *l, const char *name, double value)
{
    if (l->file)
        fprintf(l->file, ",\"%s\":%s", name, number_short(value, 9).text);
}

void log_end(struct log *l)
{
    if (l->file && (fputs("}\n", l->file) == EOF || fflush(l->file) != 0))
        give_up(l);
}

void log_sync(struct log *l)
{
    if (l->file && fsync(fileno(l->file)) != 0 && errno != EINVAL && errno != EROFS)
        give_up(l);
}
