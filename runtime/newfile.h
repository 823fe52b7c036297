/* Files that appear whole or not at all: written to a temporary sibling, synced, renamed, the
 * folder synced. */
#ifndef LSTMC_NEWFILE_H
#define LSTMC_NEWFILE_H
#include <stdbool.h>
#include <stddef.h>

enum { PATH_ROOM = 4096 }; /* of a path with its NUL: PATH_MAX, which C11 alone does not know */

struct newfile {
    int fd;
    char path[PATH_ROOM], temp[PATH_ROOM + 32];
    const char *why; /* first thing that went wrong; nothing is tried after it */
};

/* Begins a file of `size` bytes, all of which are reserved at once. A folder, a device or what else
 * is no regular file is not replaced. Failures are kept and told by newfile_commit. */
void newfile_begin(struct newfile *f, const char *path, size_t size);
void newfile_write(struct newfile *f, const void *bytes, size_t n);
/* Puts the file into its place. False: `f->why` says what went wrong, the temporary file is gone
 * and what was there before stands untouched; or, when only the folder could not be synced, the new
 * file stands there but may not survive a power cut. */
bool newfile_commit(struct newfile *f);
/* Syncs the folder that `path` lies in: a new name there lasts only when the folder's own blocks are
 * on the disk. 0, or what errno says. */
int newfile_sync_folder(const char *path);
/* A temporary file that some killed process left behind: how many bytes of its name are that of the
 * file it was to become. 0: the name is none of these. */
size_t newfile_leftover(const char *name);
#endif
