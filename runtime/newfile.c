#define _XOPEN_SOURCE 700
#include "newfile.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char suffix[] = ".tmp";

enum { PATIENCE = 100 }; /* interruptions in a row before a call counts as failed */

/* After the first failure the file is closed and unlinked; it is never tried again, since a failed
 * fsync may have dropped pages that a second one would then call safe. */
static void give_up(struct newfile *f, int error)
{
    f->why = strerror(error);
    if (f->fd >= 0) {
        close(f->fd);
        f->fd = -1;
        unlink(f->temp);
    }
}

void newfile_begin(struct newfile *f, const char *path, size_t size)
{
    struct stat st;
    f->fd = -1;
    f->why = NULL;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        f->why = "it is not a regular file"; /* and would be one after the rename */
        return;
    }
    int n = snprintf(f->path, sizeof f->path, "%s", path);
    if (n < 0 || (size_t)n >= sizeof f->path) {
        give_up(f, ENAMETOOLONG);
        return;
    }
    snprintf(f->temp, sizeof f->temp, "%s.%ld%s", f->path, (long)getpid(), suffix);
    f->fd = open(f->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (f->fd < 0 && errno == EEXIST && unlink(f->temp) == 0) /* a dead process had our number */
        f->fd = open(f->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (f->fd < 0) {
        give_up(f, errno);
        return;
    }
    int error = size > 0 ? EINTR : 0;
    for (int i = 0; error == EINTR && i < PATIENCE; i++)
        error = posix_fallocate(f->fd, 0, (off_t)size);
    if (error != 0 && error != EOPNOTSUPP && error != EINVAL) /* file systems that cannot reserve */
        give_up(f, error);
}

void newfile_write(struct newfile *f, const void *bytes, size_t n)
{
    const char *p = bytes;
    int interrupted = 0;
    while (!f->why && n > 0) {
        ssize_t written = write(f->fd, p, n);
        if (written > 0) {
            p += written;
            n -= (size_t)written;
            interrupted = 0;
        } else if (written == 0) {
            give_up(f, ENOSPC);
        } else if (errno != EINTR || ++interrupted == PATIENCE) {
            give_up(f, errno);
        }
    }
}

int newfile_sync_folder(const char *path)
{
    char folder[PATH_ROOM];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (!slash)
        strcpy(folder, ".");
    else
        slash[slash == folder] = '\0';
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int error = fsync(fd) == 0 || errno == EINVAL ? 0 : errno; /* EINVAL: folders need no sync */
    close(fd);
    return error;
}

bool newfile_commit(struct newfile *f)
{
    if (!f->why && fsync(f->fd) != 0)
        give_up(f, errno);
    if (f->why)
        return false;
    int fd = f->fd;
    f->fd = -1;
    int error = close(fd) == 0 || errno == EINTR ? 0 : errno;
    if (error == 0 && rename(f->temp, f->path) != 0)
        error = errno;
    if (error != 0)
        unlink(f->temp);
    else
        error = newfile_sync_folder(f->path);
    f->why = error ? strerror(error) : NULL;
    return error == 0;
}

size_t newfile_leftover(const char *name)
{
    size_t n = strlen(name), end = sizeof suffix - 1, digits = 0;
    if (n <= end || strcmp(name + n - end, suffix) != 0)
        return 0;
    n -= end;
    while (digits < n && strchr("0123456789", name[n - 1 - digits]))
        digits++;
    n -= digits;
    return digits > 0 && n > 1 && name[n - 1] == '.' ? n - 1 : 0;
}
