/* The training loop. What it does between two updates is decided by struct progress alone, which is
 * what a checkpoint holds: so a run that was stopped anywhere goes on as if it had not been. */
#define _POSIX_C_SOURCE 200809L
#include "batches.h"
#include "clock.h"
#include "corpus.h"
#include "isa.h"
#include "log.h"
#include "number.h"
#include "options.h"
#include "progress.h"
#include "random.h"
#include "run.h"
#include "sampler.h"
#include "say.h"
#include "score.h"
#include "stop.h"
#include "team.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT = 3 }; /* checkpoints in the folder, besides the best */

struct trainer {
    const struct lstmc_model *model;
    const struct settings *settings;
    struct engine engine;
    struct corpus corpus;
    struct run run;
    struct log log;
    struct progress at;
    struct part part, validation;
    int64_t epoch_updates, limit, epochs; /* limit: of updates; epochs: shown, 0: unknown */
    uint32_t *order;                      /* of the samples in this epoch; NULL: text order */
    int64_t ordered_epoch;                /* the epoch whose order it is, from 1 */
    bool saved;                           /* the newest checkpoint is of this very state */
    int64_t newest;                       /* its update; -1: none */
    bool best_missing;                    /* the best file could not be written when it was due */
    double began, started, saved_at, sampled_at,
        save_every;       /* began: the process, started: to learn */
    double first_done;    /* the first update; 0: not yet */
    int64_t first_update; /* done when this process began */
    bool estimated;
};

/* ---- saving ------------------------------------------------------------------------------- */

/* The name of a tensor with a number that is not finite, or NULL: such a model is never written. */
static const char *poisoned(struct engine *e)
{
    for (int i = 0; i < engine_tensors(e->model); i++) {
        const struct lstmc_tensor *t = engine_tensor(e->model, i);
        t->store(e->arena, e->plain);
        if (!reals_are_finite(e->model, e->plain, tensor_elements(t)))
            return t->name;
    }
    return NULL;
}

_Noreturn static void diverged(const struct trainer *t, const char *what, const char *name)
{
    char kept[PATH_ROOM] = "none was saved yet";
    if (t->newest >= 0)
        run_checkpoint_path(&t->run, t->newest, kept);
    quit(STATUS_DIVERGED,
         "training diverged at update %" PRId64 ": NaN or infinity in %s%s; the last good "
         "checkpoint: %s. A smaller --learning-rate or clipping may help",
         t->at.update, what, name, kept);
}

static bool save_to(struct trainer *t, const struct progress *at, const char *path)
{
    const char *bad = poisoned(&t->engine);
    if (bad)
        diverged(t, "", bad);
    const char *why = checkpoint_save(&t->engine, at, path);
    if (why)
        warn("%s cannot be written: %s", path, why);
    return !why;
}

/* Saves the state under its update's number; a failure is told and tried again at the next
 * occasion. */
static void save(struct trainer *t, const struct progress *at)
{
    char path[PATH_ROOM];
    run_checkpoint_path(&t->run, at->update, path);
    log_sync(&t->log);
    t->saved = save_to(t, at, path);
    t->saved_at = clock_seconds();
    if (t->saved) {
        t->newest = at->update;
        run_prune(&t->run, KEPT);
    }
}

/* ---- an update ------------------------------------------------------------------------------ */

static void shuffle(struct trainer *t)
{
    if (t->order && t->ordered_epoch != t->at.epoch + 1) {
        t->ordered_epoch = t->at.epoch + 1;
        random_permutation(t->at.seed, (uint32_t)t->ordered_epoch, t->order,
                           (uint32_t)t->part.count);
    }
}

static void update(struct trainer *t)
{
    const struct lstmc_model *m = t->model;
    struct progress *at = &t->at;
    shuffle(t);
    int samples = batches_fill(m, &m->train_slots, t->engine.arena, t->corpus.indices, t->part,
                               t->order, at->position);
    at->update++;
    engine_run(&t->engine, m->train, (uint32_t)at->update);
    int flag = team_flagged(t->engine.team);
    at->last_loss = score_loss(&t->engine, &m->train_slots);
    at->last_correct = score_correct(&t->engine, &m->train_slots);
    if (flag >= 0)
        diverged(t, "the gradient of ", m->params[flag].name);
    if (!isfinite(at->last_loss))
        diverged(t, "the loss", "");
    if (isnan(at->last_correct))
        at->last_correct = 0; /* no such metric; nothing of it is shown */
    at->loss_sum += samples * at->last_loss;
    at->correct_sum += samples * at->last_correct;
    at->position++;
    t->saved = false;
}

/* ---- what is shown of it -------------------------------------------------------------------- */

static bool has_accuracy(const struct trainer *t)
{
    return t->model->train_slots.correct.count > 0;
}

static int64_t samples_so_far(const struct trainer *t)
{
    int64_t samples = t->at.position * t->model->batch;
    return samples < t->part.count ? samples : t->part.count;
}

static struct shown what_to_show(const struct trainer *t)
{
    const struct progress *at = &t->at;
    double samples = (double)samples_so_far(t), seconds = clock_seconds() - t->started;
    int64_t done = at->update - t->first_update;
    return (struct shown){ .epoch = at->epoch + 1,
                           .epochs = t->epochs,
                           .position = at->position,
                           .updates = t->epoch_updates,
                           .ms = done > 0 ? seconds * 1000 / (double)done : 0,
                           .loss = at->loss_sum / samples,
                           .accuracy = has_accuracy(t) ? at->correct_sum / samples : NAN,
                           .val_loss = NAN,
                           .val_accuracy = NAN };
}

/* The line of the newest update; the last one of an epoch carries the epoch's means, too. */
static void write_log(struct trainer *t, const struct shown *epoch)
{
    log_update(&t->log, t->at.update, t->at.epoch + 1);
    log_value(&t->log, "loss", t->at.last_loss);
    if (has_accuracy(t))
        log_value(&t->log, "accuracy", t->at.last_correct);
    if (epoch) {
        log_value(&t->log, "epoch_loss", epoch->loss);
        if (has_accuracy(t))
            log_value(&t->log, "epoch_accuracy", epoch->accuracy);
        if (isfinite(epoch->val_loss))
            log_value(&t->log, "val_loss", epoch->val_loss);
        if (isfinite(epoch->val_accuracy))
            log_value(&t->log, "val_accuracy", epoch->val_accuracy);
    }
    log_end(&t->log);
}

/* How long it took to come to work, and how long all of it will take, once a few updates have shown how long one takes. */
static void estimate(struct trainer *t)
{
    int64_t done = t->at.update - t->first_update;
    double now = clock_seconds(), seconds = now - t->started;
    if (done == 1)
        t->first_done = now;
    if (t->estimated || seconds < 0.5)
        return;
    t->estimated = true;
    double each = seconds / (double)done;
    say("          the first update was done after %s; %s ms each here, so about %s to go",
        number_seconds(t->first_done - t->began).text, number_short(1000 * each, 3).text,
        number_seconds(each * (double)(t->limit - t->at.update)).text);
}

static void write_sample(struct trainer *t)
{
    const struct lstmc_model *m = t->model;
    uint32_t seed = (uint32_t)t->at.update;
    int64_t k = (int64_t)(random_uniform(seed, STREAM_SAMPLE, 0) * (double)t->part.count);
    const struct sampling s = { m->temperature, m->top_k, m->top_p,
                                m->window_mode || !m->step_phases, seed };
    say("          a sample after update %" PRId64 ":", t->at.update);
    const char *why = sampler_write(&t->engine, &s, t->corpus.indices + k * m->stride, m->steps,
                                    m->sample_length, stdout);
    putchar('\n');
    fflush(stdout);
    if (why)
        warn("%s", why);
    t->sampled_at = clock_seconds();
}

/* ---- the end of an epoch -------------------------------------------------------------------- */

/* Validation, the best so far, and on to the next epoch. False: a signal came first; then the state
 * is still that after the epoch's last update, and resuming comes back here. */
static bool end_epoch(struct trainer *t)
{
    struct progress *at = &t->at;
    struct shown shown = what_to_show(t);
    struct score score = { .loss = shown.loss };
    char path[PATH_ROOM];
    if (stop_signal())
        return false;
    if (t->validation.count > 0) {
        if (!score_part(&t->engine, t->corpus.indices, t->validation, stop_signal, &score))
            return false;
        shown.val_loss = score.loss;
        shown.val_accuracy = score.accuracy;
    }
    progress_epoch(&shown);
    write_log(t, &shown);
    struct progress ended = *at;
    ended.epoch++;
    ended.position = 0;
    ended.loss_sum = ended.correct_sum = 0;
    bool written = true;
    if (score.loss < at->best_loss) {
        struct progress best = ended;
        best.best_loss = score.loss;
        best.best_epoch = best.epoch;
        /* Before the checkpoint that calls it the best: a kill between the two repeats both. */
        run_best_path(&t->run, path);
        written = save_to(t, &best, path);
        t->best_missing = !written;
        if (written)
            ended = best;
    }
    /* Without the best, the epoch's end is still to come in the checkpoint: resuming tries again. */
    save(t, written ? &ended : at);
    *at = ended;
    return true;
}

/* ---- the loop ------------------------------------------------------------------------------- */

static bool is_due(double every, double since)
{
    return every >= 0 && clock_seconds() - since >= every;
}

static void learn(struct trainer *t)
{
    const struct settings *s = t->settings;
    double time_limit = s->time_limit, sample_every = s->sample_every > 0 ? s->sample_every : -1;
    t->started = t->saved_at = t->sampled_at = clock_seconds();
    t->first_update = t->at.update;
    for (;;) {
        if (t->at.position == t->epoch_updates && !end_epoch(t))
            return;
        if (stop_signal() || t->at.update >= t->limit ||
            (!isnan(time_limit) && clock_seconds() - t->started >= time_limit))
            return;
        update(t);
        estimate(t);
        if (t->at.position < t->epoch_updates) {
            struct shown shown = what_to_show(t);
            write_log(t, NULL);
            progress_update(&shown);
            if (is_due(t->save_every, t->saved_at))
                save(t, &t->at);
        }
        if (is_due(sample_every, t->sampled_at))
            write_sample(t);
    }
}

/* ---- before and after ----------------------------------------------------------------------- */

_Noreturn static void refuse_other(const char *option, const char *value)
{
    quit(STATUS_INPUT,
         "--%s: this run was begun with %s and goes on so; leave the option out, or begin another "
         "run with --run DIR",
         option, value);
}

/* Options that a run cannot change on its way. */
static void check_settings(const struct progress *p, const struct settings *s)
{
    if (s->seed >= 0 && s->seed != p->seed)
        refuse_other("seed", number_grouped(p->seed).text);
    if (s->no_shuffle && p->shuffle)
        refuse_other("no-shuffle", "shuffling");
    if (!isnan(s->validation_split) && s->validation_split != p->split)
        refuse_other("validation-split", number_short(p->split, 9).text);
}

static void begin_fresh(struct trainer *t)
{
    const struct lstmc_model *m = t->model;
    const struct settings *s = t->settings;
    engine_initialise(&t->engine, s->seed >= 0 ? (uint32_t)s->seed : 1);
    if (s->init)
        checkpoint_load_weights(&t->engine, s->init);
    t->at = (struct progress){ .seed = t->engine.seed,
                               .shuffle = m->shuffle && !s->no_shuffle,
                               .split = isnan(s->validation_split) ? m->validation_split
                                                                   : s->validation_split,
                               .best_loss = INFINITY };
    strcpy(t->at.corpus_hash, t->corpus.hash);
}

/* Where the run stands: loaded, or at the beginning. */
static void find_start(struct trainer *t)
{
    const struct settings *s = t->settings;
    if (!s->resume && run_has_checkpoints(&t->run))
        quit(STATUS_INPUT,
             "%s holds checkpoints already: give --resume to go on with them, or --run DIR for "
             "another folder",
             t->run.folder);
    t->newest = -1;
    if (s->resume && run_load_newest(&t->run, &t->engine, &t->at)) {
        t->newest = t->at.update;
        t->saved = true;
        check_settings(&t->at, s);
        if (strcmp(t->at.corpus_hash, t->corpus.hash) != 0)
            quit(STATUS_INPUT, "%s is not the text that this run was begun with: it has changed",
                 t->corpus.path);
    } else {
        if (s->resume)
            say("          %s holds no checkpoint yet: starting at update 0", t->run.folder);
        begin_fresh(t);
    }
    int rate = engine_hyper(t->model, "learning_rate");
    if (!isnan(s->learning_rate) && rate < 0)
        quit(STATUS_USAGE, "--learning-rate: the optimizer of this model has none");
    if (!isnan(s->learning_rate) && t->engine.hypers[rate] != s->learning_rate) {
        t->engine.hypers[rate] = s->learning_rate;
        t->saved = false;
    }
}

/* Parts, orders and limits follow from where the run stands. */
static void make_plan(struct trainer *t)
{
    const struct lstmc_model *m = t->model;
    const struct settings *s = t->settings;
    int64_t samples = batches_samples(m, t->corpus.count);
    t->part = batches_training_part(samples, t->at.split);
    t->validation = batches_validation_part(samples, t->at.split);
    t->epoch_updates = batches_in(m, t->part);
    if (t->part.count == 0)
        quit(STATUS_INPUT, "%s: after the validation split nothing is left to learn",
             t->corpus.path);
    if (t->part.count > UINT32_MAX)
        quit(STATUS_INPUT, "%s: more than 2^32 samples; give the spec a larger stride",
             t->corpus.path);
    if (t->at.update != t->at.epoch * t->epoch_updates + t->at.position ||
        t->at.position > t->epoch_updates)
        quit(STATUS_INPUT, "the checkpoint's update, epoch and position contradict each other");
    if (t->at.shuffle && !(t->order = malloc((size_t)t->part.count * sizeof *t->order)))
        quit(STATUS_FAILED, "out of memory");

    int64_t most = UINT32_MAX; /* the counter of the masks has 32 bits */
    t->epochs = s->epochs >= 0 ? s->epochs : s->updates >= 0 ? 0 : m->epochs;
    t->limit = s->updates >= 0 && s->updates < most ? s->updates : most;
    if ((s->epochs >= 0 || s->updates < 0) && t->epochs <= t->limit / t->epoch_updates)
        t->limit = t->epochs * t->epoch_updates;
    t->save_every = isnan(s->save_every) ? 60 : s->save_every;
    if (t->validation.count > 0)
        say("to test   %s samples at the end of the text",
            number_grouped(t->validation.count).text);
    say("to learn  %s samples in batches of %d: %s updates an epoch; from update %s to %s",
        number_grouped(t->part.count).text, m->batch, number_grouped(t->epoch_updates).text,
        number_grouped(t->at.update).text, number_grouped(t->limit).text);
}

/* How to go on: with the folder and the totals that were given. */
static void say_resume(const struct trainer *t)
{
    const struct settings *s = t->settings;
    char epochs[32] = "", updates[32] = "";
    if (s->epochs >= 0)
        snprintf(epochs, sizeof epochs, " --epochs %" PRId64, s->epochs);
    if (s->updates >= 0)
        snprintf(updates, sizeof updates, " --updates %" PRId64, s->updates);
    say("          go on with: %s train --resume%s%s%s%s", say_program(), s->run ? " --run " : "",
        s->run ? s->run : "", epochs, updates);
}

static int finish(struct trainer *t)
{
    char path[PATH_ROOM];
    progress_leave();
    if (t->at.position > 0) {
        struct shown shown = what_to_show(t);
        say("          %s of %s updates of epoch %" PRId64 ", mean loss %s",
            number_grouped(shown.position).text, number_grouped(shown.updates).text, shown.epoch,
            number_short(shown.loss, 5).text);
    }
    if (!t->saved)
        save(t, &t->at);
    if (!t->saved)
        quit(STATUS_DISK, "%s updates are lost",
             number_grouped(t->at.update - (t->newest < 0 ? 0 : t->newest)).text);
    run_checkpoint_path(&t->run, t->at.update, path);
    say("saved     %s", path);
    if (stop_signal() || t->at.update < t->limit)
        say_resume(t);
    run_best_path(&t->run, path);
    if (t->best_missing)
        quit(STATUS_DISK, "%s is not of the best epoch, which could not be written", path);
    return stop_status(STATUS_DONE);
}

static void remember_text(const struct trainer *t, const char *remembered)
{
    if (remembered && strcmp(remembered, t->corpus.path) == 0)
        return;
    const char *why = run_remember_text(&t->run, t->corpus.path);
    if (why)
        warn("%s/run.json cannot be written: %s", t->run.folder, why);
}

int command_train(const struct lstmc_model *m, const struct settings *s)
{
    struct trainer t = { .model = m, .settings = s, .run = run_at(m, s->run) };
    char *remembered = s->resume ? run_text(&t.run) : NULL;
    int status = STATUS_DONE;
    t.began = clock_seconds();
    stop_listen();
    t.corpus = corpus_open(m, s->text, remembered, corpus_of_its_own);
    run_take(&t.run);
    t.engine = engine_open(m, s->threads > 0 ? (int)s->threads : 0, s->isa);
    if (m->dtype == LSTMC_MIXED_BFLOAT16 && !isa_multiplies_bf16(t.engine.isa->name))
        say("note      %s does not multiply bfloat16: nothing is gained by mixed_bfloat16",
            t.engine.isa->name);
    find_start(&t);
    make_plan(&t);
    bool epoch_ended = t.at.position < t.epoch_updates;
    if (t.at.update > 0 && t.at.update >= t.limit && epoch_ended) {
        say("          update %s is reached already", number_grouped(t.at.update).text);
    } else {
        t.log = log_open(s->log, epoch_ended ? t.at.update : t.at.update - 1);
        remember_text(&t, remembered); /* last: a refused run leaves nothing in its folder */
        learn(&t);
        status = finish(&t);
    }
    free(remembered);
    free(t.order);
    engine_close(&t.engine);
    corpus_close(&t.corpus);
    return status;
}
