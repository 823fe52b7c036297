#define _DEFAULT_SOURCE
#include "run.h"
#include "json.h"
#include "number.h"
#include "say.h"
#include "text.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct run run_at(const struct lstmc_model *m, const char *given)
{
    struct run r = { .lock = -1 };
    int n = given ? snprintf(r.folder, sizeof r.folder, "%s", given)
                  : snprintf(r.folder, sizeof r.folder, "runs/%s", m->name);
    if (n < 0 || (size_t)n >= sizeof r.folder)
        quit(STATUS_USAGE, "--run: %s", strerror(ENAMETOOLONG));
    return r;
}

/* ---- the names in it ------------------------------------------------------------------------ */

static const char text_file[] = "run.json", best_file[] = "best.safetensors";
static const char prefix[] = "update-", suffix[] = ".safetensors";

static void file_path(const struct run *r, const char *name, char path[PATH_ROOM])
{
    snprintf(path, PATH_ROOM, "%s/%.60s", r->folder, name);
}

enum { NAME_ROOM = 64 };
static void checkpoint_name(int64_t update, char name[NAME_ROOM])
{
    snprintf(name, NAME_ROOM, "%s%08" PRId64 "%s", prefix, update, suffix);
}

void run_checkpoint_path(const struct run *r, int64_t update, char path[PATH_ROOM])
{
    char name[NAME_ROOM];
    checkpoint_name(update, name);
    file_path(r, name, path);
}

void run_best_path(const struct run *r, char path[PATH_ROOM])
{
    file_path(r, best_file, path);
}

/* The update in the name of a checkpoint; -1: no such name. */
static int64_t update_of(const char *name)
{
    char digits[24], again[NAME_ROOM];
    int64_t update;
    size_t n = strlen(name), ends = sizeof prefix - 1 + sizeof suffix - 1;
    if (n <= ends || n - ends >= sizeof digits)
        return -1;
    memcpy(digits, name + sizeof prefix - 1, n - ends);
    digits[n - ends] = '\0';
    if (!number_parse_integer(digits, 0, INT64_MAX, &update))
        return -1;
    checkpoint_name(update, again);
    return strcmp(name, again) == 0 ? update : -1;
}

/* Whether a file of this name is one that trainers write; others may lie in the folder, too. */
static bool is_ours(const char *name)
{
    return strcmp(name, text_file) == 0 || strcmp(name, best_file) == 0 || update_of(name) >= 0;
}

/* ---- the folder and its lock ---------------------------------------------------------------- */

/* What this process made of the run's folder: all of its path behind the first `before` bytes; and
 * whether the lock is its own, so that nobody else has begun to write there. */
static struct {
    char path[PATH_ROOM];
    size_t before;
    bool locked;
} made;

static bool holds_no_more_than_a_lock(const char *folder)
{
    DIR *d = opendir(folder);
    bool more = d == NULL;
    for (struct dirent *entry; d && (entry = readdir(d));)
        more |= entry->d_name[0] != '.' && strcmp(entry->d_name, "lock") != 0;
    if (d)
        closedir(d);
    return !more;
}

/* At exit: a run that never began leaves no folder behind. */
static void unmake_folders(void)
{
    char lock[PATH_ROOM + 8];
    snprintf(lock, sizeof lock, "%s/lock", made.path);
    if (made.locked && holds_no_more_than_a_lock(made.path))
        unlink(lock);
    while (strlen(made.path) > made.before && (rmdir(made.path) == 0 || errno == ENOENT)) {
        char *slash = strrchr(made.path, '/');
        *(slash ? slash : made.path) = '\0';
    }
}

static void make_folders(const char *folder)
{
    char path[PATH_ROOM];
    size_t standing = 0;
    snprintf(path, sizeof path, "%s", folder);
    for (char *slash = path + 1;; slash++) {
        slash += strcspn(slash, "/");
        char kept = *slash;
        *slash = '\0';
        const int error = mkdir(path, 0777) == 0 ? newfile_sync_folder(path) : errno;
        if (error == EEXIST)
            standing = strlen(path);
        if (error == 0 && !*made.path) {
            snprintf(made.path, sizeof made.path, "%s", folder);
            made.before = standing;
            atexit(unmake_folders);
        }
        if (error != 0 && error != EEXIST)
            quit(STATUS_DISK, "the run folder %s cannot be made: %s", folder, strerror(error));
        if (!kept)
            return;
        *slash = kept;
    }
}

_Noreturn static void refuse_lock(const struct run *r)
{
    char pid[24] = "";
    ssize_t n = pread(r->lock, pid, sizeof pid - 1, 0);
    pid[n > 0 ? n : 0] = '\0';
    pid[strcspn(pid, "\n")] = '\0';
    quit(STATUS_INPUT, "the run folder %s is in use by another trainer, process %s", r->folder,
         *pid ? pid : "unknown");
}

static void remove_leftovers(const struct run *r)
{
    char path[PATH_ROOM];
    DIR *d = opendir(r->folder);
    for (struct dirent *entry; d && (entry = readdir(d));) {
        char *name = entry->d_name;
        file_path(r, name, path);
        name[newfile_leftover(name)] = '\0'; /* what it was to be called */
        if (is_ours(name))
            unlink(path);
    }
    if (d)
        closedir(d);
}

/* False: the trainer that held the lock has ended meanwhile and took folder and lock away. */
static bool take_lock(struct run *r, const char *path)
{
    struct stat held, there;
    r->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (r->lock < 0 || access(r->folder, W_OK | X_OK) != 0)
        quit(STATUS_DISK, "the run folder %s cannot be written: %s", r->folder, strerror(errno));
    if (flock(r->lock, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            refuse_lock(r);
        warn("%s cannot be locked (%s): no other trainer may write here", r->folder,
             strerror(errno));
    }
    made.locked = fstat(r->lock, &held) == 0 && stat(path, &there) == 0 &&
                  held.st_dev == there.st_dev && held.st_ino == there.st_ino;
    if (!made.locked)
        close(r->lock);
    return made.locked;
}

void run_take(struct run *r)
{
    char path[PATH_ROOM], pid[24];
    file_path(r, "lock", path);
    do
        make_folders(r->folder);
    while (!take_lock(r, path));
    int n = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    if (ftruncate(r->lock, 0) != 0 || pwrite(r->lock, pid, (size_t)n, 0) != n)
        warn("%s: %s", path, strerror(errno));
    remove_leftovers(r);
}

/* ---- run.json ------------------------------------------------------------------------------- */

char *run_text(const struct run *r)
{
    char path[PATH_ROOM], *corpus = NULL;
    const char *why;
    size_t size;
    file_path(r, text_file, path);
    unsigned char *bytes = read_regular_file(path, &size, &why);
    if (!bytes)
        return NULL;
    struct json j = json_over(bytes, size);
    json_open(&j, '{');
    while (json_more(&j, '}')) {
        struct json_text key = json_key(&j), value = json_string(&j);
        if (strcmp(key.text, "corpus") == 0 && !corpus && strlen(value.text) == value.length)
            corpus = strdup(value.text);
    }
    json_end(&j);
    if (j.fault)
        warn("%s: byte offset %zu: %s", path, (size_t)(j.at - j.start), j.fault);
    free(bytes);
    return corpus;
}

const char *run_remember_text(const struct run *r, const char *corpus)
{
    char path[PATH_ROOM], *text = NULL;
    size_t n;
    if (!text_is_utf8((const unsigned char *)corpus, strlen(corpus)))
        return "its path is not UTF-8";
    FILE *f = open_memstream(&text, &n);
    if (!f)
        return strerror(errno);
    fputs("{\"corpus\":", f);
    json_put(f, corpus, strlen(corpus));
    fputs("}\n", f);
    if (fclose(f) != 0)
        return strerror(errno);
    struct newfile file;
    file_path(r, text_file, path);
    newfile_begin(&file, path, n);
    newfile_write(&file, text, n);
    newfile_commit(&file);
    free(text);
    return file.why;
}

/* ---- checkpoints ---------------------------------------------------------------------------- */

static int newest_first(const void *a, const void *b)
{
    int64_t p = *(const int64_t *)a, q = *(const int64_t *)b;
    return (p < q) - (p > q);
}

/* The updates of all checkpoints in the folder, newest first; malloc'ed. */
static int64_t *list(const struct run *r, size_t *count)
{
    int64_t *updates = NULL;
    *count = 0;
    DIR *d = opendir(r->folder);
    for (struct dirent *entry; d && (entry = readdir(d));) {
        int64_t update = update_of(entry->d_name);
        if (update < 0)
            continue;
        if ((*count & (*count - 1)) == 0) { /* full: 0, 1, 2, 4, ... */
            int64_t *more = realloc(updates, (*count ? 2 * *count : 1) * sizeof *more);
            if (!more)
                quit(STATUS_FAILED, "out of memory");
            updates = more;
        }
        updates[(*count)++] = update;
    }
    if (d)
        closedir(d);
    if (*count)
        qsort(updates, *count, sizeof *updates, newest_first);
    return updates;
}

bool run_has_checkpoints(const struct run *r)
{
    char best[PATH_ROOM];
    size_t count;
    free(list(r, &count));
    run_best_path(r, best);
    return count > 0 || access(best, F_OK) == 0;
}

void run_prune(const struct run *r, int keep)
{
    char path[PATH_ROOM];
    size_t count;
    int64_t *updates = list(r, &count);
    for (size_t i = (size_t)keep; i < count; i++) {
        run_checkpoint_path(r, updates[i], path);
        unlink(path);
    }
    free(updates);
}

/* Out of the way of newer ones, but kept for whoever wants to know. */
static void set_aside(const char *path)
{
    char aside[PATH_ROOM + 16];
    snprintf(aside, sizeof aside, "%s.damaged", path);
    if (rename(path, aside) == 0)
        say("          it is called %s now", aside);
}

bool run_load_newest(const struct run *r, struct engine *e, struct progress *p)
{
    char path[PATH_ROOM], why[2048];
    size_t count, damaged = 0;
    int64_t *updates = list(r, &count);
    enum verdict verdict = CHECKPOINT_DAMAGED;
    while (damaged < count && verdict == CHECKPOINT_DAMAGED) {
        run_checkpoint_path(r, updates[damaged], path);
        verdict = checkpoint_load(e, p, path, why, sizeof why);
        if (verdict == CHECKPOINT_DAMAGED) {
            warn("%s cannot be used: %s", path, why);
            damaged++;
        }
    }
    if (verdict == CHECKPOINT_MISFIT)
        quit(STATUS_INPUT, "%s: %s\n  --run DIR names another folder", path, why);
    if (count > 0 && damaged == count)
        quit(STATUS_INPUT, "%s: no checkpoint of this run can be used", r->folder);
    for (size_t i = 0; i < damaged && r->lock >= 0; i++) {
        char bad[PATH_ROOM];
        run_checkpoint_path(r, updates[i], bad);
        set_aside(bad);
    }
    free(updates);
    if (count > 0)
        say("loaded    %s", path);
    return count > 0;
}

void run_load(const struct run *r, struct engine *e, struct progress *p, const char *checkpoint,
              bool best)
{
    char path[PATH_ROOM], why[2048];
    run_best_path(r, path);
    if (!checkpoint && best) {
        if (access(path, F_OK) == 0)
            checkpoint = path;
        else
            say("          no epoch of this run has ended, so none is the best; taking the newest");
    }
    if (!checkpoint) {
        if (!run_load_newest(r, e, p))
            quit(STATUS_INPUT,
                 "%s holds no checkpoint; `%s train` makes one, --checkpoint names one", r->folder,
                 say_program());
        return;
    }
    if (checkpoint_load(e, p, checkpoint, why, sizeof why) != CHECKPOINT_FITS)
        quit(STATUS_INPUT, "%s: %s", checkpoint, why);
    say("loaded    %s", checkpoint);
}
