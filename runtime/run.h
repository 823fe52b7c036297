/* The folder of a run: `update-00003343.safetensors` (the 3 newest), `best.safetensors`, `run.json`
 * (where the text is) and `lock`. */
#ifndef LSTMC_RUN_H
#define LSTMC_RUN_H
#include "checkpoint.h"
#include "newfile.h"
#include <stdbool.h>
#include <stdint.h>

struct run {
    char folder[PATH_ROOM - 64]; /* so that its files' names fit */
    int lock;                    /* file descriptor of the trainer's lock; -1: only read */
};

/* The folder `given` (--run) or runs/NAME; looks at nothing. Exit 2 when its name is too long. */
struct run run_at(const struct lstmc_model *m, const char *given);
/* For the trainer: makes the folder and locks it. Exit 5 when it cannot be made or written, exit 3
 * naming the process when another trainer holds it. Removes what a killed trainer left half
 * written. */
void run_take(struct run *r);

/* The path of the text that trained here, malloc'ed, or NULL. */
char *run_text(const struct run *r);
/* NULL, or why it could not be written. */
const char *run_remember_text(const struct run *r, const char *path);

/* Whether the folder holds checkpoints. */
bool run_has_checkpoints(const struct run *r);
void run_checkpoint_path(const struct run *r, int64_t update, char path[PATH_ROOM]);
void run_best_path(const struct run *r, char path[PATH_ROOM]);
/* Loads the newest checkpoint that is whole, and says so when a newer one is not. False: there is
 * none at all. Exit 3 when all are damaged, or the newest whole one is of another spec. With the
 * lock, damaged ones are renamed to *.damaged. */
bool run_load_newest(const struct run *r, struct engine *e, struct progress *p);
/* For sample and eval: the file `checkpoint` if given, else the run's best or newest. Exit 3 when
 * there is none. Says which it took. */
void run_load(const struct run *r, struct engine *e, struct progress *p, const char *checkpoint,
              bool best);
/* Removes all but the newest `keep` checkpoints. */
void run_prune(const struct run *r, int keep);
#endif
