/* A model in memory with the workers that run its programs. */
#ifndef LSTMC_ENGINE_H
#define LSTMC_ENGINE_H
#include "lstmc/model.h"
#include <stdbool.h>
#include <stdint.h>

struct engine {
    const struct lstmc_model *model;
    const struct lstmc_isa *isa;
    struct lstmc_team *team;
    unsigned char *arena;       /* params, states, work */
    void *memory;               /* in which the arena lies */
    void *plain;                /* room for the largest tensor as a plain array of reals */
    double *hypers;             /* in the model's order */
    uint32_t seed;              /* of initial weights, masks and shuffles */
    enum lstmc_weights weights; /* of predictions; engine_open packs them as reals */
};

/* Allocates the arena (zeroed; it takes memory as far as it is used) and starts the team: `threads` workers, 0 for as many as cores are
 * allowed; `isa` as isa_choose takes it. Hypers have the spec's values. Ends the program with the
 * reason when it cannot. */
struct engine engine_open(const struct lstmc_model *m, int threads, const char *isa);
void engine_close(struct engine *e);

/* Gives every parameter and state its initial value from this seed, which also becomes that of the
 * masks; the workers share the tensors out. */
void engine_initialise(struct engine *e, uint32_t seed);
/* Runs a program on all workers; `update` counts from 1 and makes the masks, programs without masks
 * take any. */
void engine_run(struct engine *e, lstmc_program *program, uint32_t update);
/* Before predictions, when weights have changed or another program has run since the last time:
 * packs the weights for them, where the model has that. */
void engine_pack(struct engine *e);
/* Runs the phases of a prediction, one after the other. */
void engine_predict(struct engine *e, lstmc_program *const *phases, int count);

/* Parameters first, then states: how many, and each of them. */
int engine_tensors(const struct lstmc_model *m);
const struct lstmc_tensor *engine_tensor(const struct lstmc_model *m, int i);
int64_t tensor_elements(const struct lstmc_tensor *t);
/* Bytes of a real in the model's dtype. */
size_t real_size(const struct lstmc_model *m);
/* Element i of a plain array in the model's dtype. */
double real_get(const struct lstmc_model *m, const void *plain, int64_t i);
void real_put(const struct lstmc_model *m, void *plain, int64_t i, double value);
bool reals_are_finite(const struct lstmc_model *m, const void *plain, int64_t count);
/* Element i of a slot. */
double engine_real(const struct engine *e, struct lstmc_slot slot, int64_t i);
/* The number of the hyper called `name`, or -1. */
int engine_hyper(const struct lstmc_model *m, const char *name);
#endif
