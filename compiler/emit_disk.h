/* Files on their way to disk: all of them or none. A folder or file that cannot be made is the user's
 * to mend: the run ends, and what was made for it is gone. */
#ifndef LSTMC_EMIT_DISK_H
#define LSTMC_EMIT_DISK_H
#include "arena.h"

/* What was made: a draft of a file, or a folder (draft NULL). */
struct made {
    const char *path, *draft;
    struct made *before;
};
struct disk {
    struct arena *arena;
    struct made *last;
};

/* With all folders above it. */
void disk_make_folder(struct disk *d, const char *path);
/* `option` is named in the message if it cannot be written; text must stay until the commit. */
void disk_add_file(struct disk *d, const char *option, const char *path, const struct buffer *text);
/* Gives the files their names, in the order in which they were added. */
void disk_commit(struct disk *d);
#endif
