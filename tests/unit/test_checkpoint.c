/* Checkpoints of the hand-written model: what is saved comes back bit for bit, and a file that does
 * not fit leaves the live model untouched. The file is taken apart and put together again with one
 * thing changed and its CRC right, so that the check under test is the one that sees it. */
#define main fake_main
#include "../run/fake_model.c"
#undef main
#include "checkpoint.h"
#include "hash.h"
#include "safetensors.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROOM = 1 << 16 };
static char folder[] = "/tmp/test_checkpoint.XXXXXX";
static char good[64], bad[64];

static struct engine fresh(uint32_t seed)
{
    struct engine e = engine_open(&model, 1, NULL);
    engine_initialise(&e, seed);
    return e;
}

static const struct progress somewhere = {
    .corpus_hash = "f8dfedaf5848f011b51212b59ef6752f6c9295e30ce438fa9631596eb679901c",
    .seed = 4294967295u,
    .shuffle = true,
    .split = 0.1,
    .update = 3343,
    .epoch = 1,
    .position = 17,
    .loss_sum = 1.0 / 3,
    .correct_sum = 1e-300,
    .last_loss = 2.5,
    .last_correct = 0.25,
    .best_loss = INFINITY,
    .best_epoch = 0,
};

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(good, sizeof good, "%s/good", folder);
    snprintf(bad, sizeof bad, "%s/bad", folder);
    struct engine e = fresh(5);
    const char *why = checkpoint_save(&e, &somewhere, good);
    engine_close(&e);
    return why ? -1 : 0;
}

static int clean_up(void **state)
{
    (void)state;
    unlink(good);
    unlink(bad);
    return rmdir(folder);
}

static size_t read_whole(const char *path, unsigned char *bytes)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(bytes, 1, ROOM, f);
    fclose(f);
    return n;
}

static void write_whole(const char *path, const unsigned char *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
}

static void everything_comes_back(void **state)
{
    (void)state;
    struct engine a = fresh(5), b = fresh(6);
    struct progress p = { 0 };
    char why[512];
    a.hypers[0] = 0.123;
    assert_null(checkpoint_save(&a, &somewhere, bad));
    assert_int_equal(checkpoint_load(&b, &p, bad, why, sizeof why), CHECKPOINT_FITS);
    size_t kept = sizeof(struct params) + sizeof(struct states);
    assert_memory_equal(a.arena, b.arena, kept);
    assert_true(b.hypers[0] == 0.123);
    assert_int_equal(b.seed, somewhere.seed);
    assert_string_equal(p.corpus_hash, somewhere.corpus_hash);
    assert_true(p.update == 3343 && p.epoch == 1 && p.position == 17 && p.best_epoch == 0);
    assert_true(p.seed == somewhere.seed && p.shuffle && p.split == 0.1);
    assert_true(p.loss_sum == 1.0 / 3 && p.correct_sum == 1e-300 && isinf(p.best_loss));
    assert_true(p.last_loss == 2.5 && p.last_correct == 0.25);

    /* Saved again by the other engine it is the same file. */
    unsigned char *first = malloc(ROOM), *second = malloc(ROOM);
    size_t n = read_whole(bad, first);
    assert_null(checkpoint_save(&b, &p, bad));
    assert_int_equal(read_whole(bad, second), n);
    assert_memory_equal(first, second, n);
    free(first);
    free(second);
    engine_close(&a);
    engine_close(&b);
}

/* ---- one thing changed ------------------------------------------------------------------- */

/* Replaces one text of the header by another, makes the length and the CRC right again, and writes
 * the file to `bad`. */
static void change(const char *from, const char *to)
{
    unsigned char *bytes = malloc(ROOM), *out = malloc(ROOM);
    size_t n = read_whole(good, bytes), header = (size_t)bytes[0] | (size_t)bytes[1] << 8;
    unsigned char *at = NULL;
    for (size_t i = 8; !at && i + strlen(from) <= 8 + header; i++)
        if (memcmp(bytes + i, from, strlen(from)) == 0)
            at = bytes + i;
    assert_non_null(at);
    size_t before = (size_t)(at - bytes), after = 8 + header - before - strlen(from);
    memcpy(out, bytes, before);
    memcpy(out + before, to, strlen(to));
    memcpy(out + before + strlen(to), at + strlen(from), after);
    size_t length = before + strlen(to) + after;
    while (length % 8 != 0)
        out[length++] = ' ';
    out[0] = (unsigned char)((length - 8) & 0xFF);
    out[1] = (unsigned char)((length - 8) >> 8);
    memcpy(out + length, bytes + 8 + header, n - 8 - header);
    length += n - 8 - header;
    static const char key[] = "\"crc32c\":\"";
    unsigned char *crc = (unsigned char *)strstr((char *)out + 8, key);
    if (crc) {
        char digits[9];
        crc += sizeof key - 1;
        memset(crc, '0', 8);
        snprintf(digits, sizeof digits, "%08x", crc32c(0, out, length));
        memcpy(crc, digits, 8);
    }
    write_whole(bad, out, length);
    free(bytes);
    free(out);
}

static void assert_verdict(enum verdict want, const char *said)
{
    struct engine e = fresh(6), same = fresh(6);
    struct progress p;
    char why[2048] = "";
    memcpy(&p, &somewhere, sizeof p); /* padding and all, for the comparison below */
    enum verdict got = checkpoint_load(&e, &p, bad, why, sizeof why);
    if (got != want || !strstr(why, said))
        fail_msg("verdict %d: %s; expected %d: %s", (int)got, why, (int)want, said);
    assert_memory_equal(e.arena, same.arena, sizeof(struct arena));
    assert_true(e.hypers[0] == same.hypers[0] && e.seed == 6);
    assert_memory_equal(&p, &somewhere, sizeof p);
    engine_close(&e);
    engine_close(&same);
}

static void headers_that_do_not_fit(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
        enum verdict verdict;
        const char *said;
    } cases[] = {
        { "\"spec\":\"0011", "\"spec\":\"1111", CHECKPOINT_MISFIT, "another spec" },
        { "\"checkpoint\":\"1\"", "\"checkpoint\":\"2\"", CHECKPOINT_MISFIT, "no checkpoint of" },
        { "\"checkpoint\":\"1\",", "", CHECKPOINT_MISFIT, "no checkpoint of" },
        { "\"crc32c\"", "\"crc32d\"", CHECKPOINT_DAMAGED, "no CRC" },
        { "\"dense.bias\":", "\"dense.bios\":", CHECKPOINT_DAMAGED, "dense.bias (29) is missing" },
        { "[29,29]", "[841]", CHECKPOINT_DAMAGED, "has shape (841), the model needs (29, 29)" },
        { "[29,29]", "[1,841]", CHECKPOINT_DAMAGED, "has shape (1, 841)" },
        { "\"dtype\":\"F32\",\"shape\":[29]", "\"dtype\":\"I32\",\"shape\":[29]",
          CHECKPOINT_DAMAGED, "is I32, the model needs F32" },
        { "{\"__metadata__\"",
          "{\"more\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]},\"__metadata__\"",
          CHECKPOINT_DAMAGED, "holds 4 tensors" },
        { "\"update\":\"3343\"", "\"update\":\"-1\"", CHECKPOINT_DAMAGED, "`update`" },
        { "\"update\":\"3343\"", "\"update\":\"4294967296\"", CHECKPOINT_DAMAGED, "`update`" },
        { "\"epoch\":\"1\"", "\"epoch\":\"9223372036854775807\"", CHECKPOINT_DAMAGED, "`epoch`" },
        { "\"update\":\"3343\",", "", CHECKPOINT_DAMAGED, "`update`" },
        { "\"position\":\"17\"", "\"position\":\"1.5\"", CHECKPOINT_DAMAGED, "`position`" },
        { "\"seed\":\"4294967295\"", "\"seed\":\"4294967296\"", CHECKPOINT_DAMAGED, "`seed`" },
        { "\"shuffle\":\"1\"", "\"shuffle\":\"2\"", CHECKPOINT_DAMAGED, "`shuffle`" },
        { "\"best_loss\":\"inf\"", "\"best_loss\":\"nan\"", CHECKPOINT_DAMAGED, "`best_loss`" },
        { "\"last_loss\":\"0x", "\"last_loss\":\" 0x", CHECKPOINT_DAMAGED, "`last_loss`" },
        { "\"validation_split\":\"0x1.9", "\"validation_split\":\"0x1f.9", CHECKPOINT_DAMAGED,
          "`validation_split`" },
        { "\"hyper.learning_rate\":\"0x1", "\"hyper.learning_rate\":\"inf", CHECKPOINT_DAMAGED,
          "`hyper.learning_rate`" },
        { "\"corpus\":\"f8", "\"corpus\":\"f", CHECKPOINT_DAMAGED, "`corpus`" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        change(cases[i].from, cases[i].to);
        assert_verdict(cases[i].verdict, cases[i].said);
    }
    /* What changes nothing that matters is read: proof that change() itself makes good files. */
    char why[512];
    struct engine e = fresh(6);
    change("\"blas\":\"", "\"blas\":\"a faster ");
    assert_int_equal(checkpoint_load(&e, NULL, bad, why, sizeof why), CHECKPOINT_FITS);
    engine_close(&e);
}

static void a_mismatch_lists_what_differs(void **state)
{
    (void)state;
    struct lstmc_model other = model;
    struct engine e = fresh(6);
    char why[2048];
    other.spec_hash = "ff";
    other.compiled = "window: 4\nbatch: 30\nlayers: Dense { 29 }\nsymbols: 29\n";
    e.model = &other;
    assert_int_equal(checkpoint_load(&e, NULL, good, why, sizeof why), CHECKPOINT_MISFIT);
    assert_string_equal(why, "it is of another spec:\n    checkpoint:   batch: 3\n"
                             "    this trainer: batch: 30");
    e.model = &model;
    engine_close(&e);
}

static void poisoned_tensors(void **state)
{
    (void)state;
    static const real poisons[] = { (real)NAN, (real)INFINITY };
    for (size_t i = 0; i < 2; i++) {
        struct engine e = fresh(5);
        ((struct arena *)(void *)e.arena)->states.momentum[3][4] = poisons[i];
        assert_null(checkpoint_save(&e, &somewhere, bad));
        engine_close(&e);
        assert_verdict(CHECKPOINT_DAMAGED, "optimizer.v.dense.kernel holds NaN");
    }
}

static void every_flipped_byte_is_refused(void **state)
{
    (void)state;
    unsigned char *bytes = malloc(ROOM);
    size_t n = read_whole(good, bytes);
    struct engine e = fresh(6);
    char why[2048];
    for (size_t i = 0; i < n; i++) {
        bytes[i] ^= 0x10;
        write_whole(bad, bytes, n);
        if (checkpoint_load(&e, NULL, bad, why, sizeof why) == CHECKPOINT_FITS)
            fail_msg("a flip in byte %zu", i);
        bytes[i] ^= 0x10;
    }
    free(bytes);
    engine_close(&e);
}

/* ---- --init ------------------------------------------------------------------------------ */

/* The status with which loading weights from `bad` ends, in a process of its own; 0: they were
 * loaded. */
static int init_status(void)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct engine e = fresh(6);
        checkpoint_load_weights(&e, bad);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void fetch_doubles(void *context, int i, void *plain)
{
    (void)context;
    for (int j = 0; j < V * V; j++)
        ((double *)plain)[j] = i + j / 1000.0;
}

static void weights_from_elsewhere(void **state)
{
    (void)state;
    static const int64_t square[] = { V, V }, row[] = { V };
    static const struct tensor_to_write foreign[] = { { "dense.kernel", 2, square },
                                                      { "dense.bias", 1, row },
                                                      { "something.else", 1, row } };
    static double plain[V * V];
    struct write_order order = { .dtype = LSTMC_FLOAT64,
                                 .tensors = foreign,
                                 .tensor_count = 3,
                                 .fetch = fetch_doubles,
                                 .plain = plain };
    assert_null(safetensors_write(bad, &order));
    struct engine e = fresh(6), untouched = fresh(6);
    checkpoint_load_weights(&e, bad);
    const struct arena *a = (const struct arena *)(const void *)e.arena;
    assert_true(a->params.kernel[1][2] == (real)((V + 2) / 1000.0));
    assert_true(a->params.bias[4] == (real)1.004);
    assert_memory_equal(&a->states, untouched.arena + sizeof(struct params), sizeof a->states);
    engine_close(&e);
    engine_close(&untouched);

    order.tensor_count = 1;
    assert_null(safetensors_write(bad, &order));
    assert_int_equal(init_status(), 3);
    change("[29,29]", "[1,841]");
    assert_int_equal(init_status(), 3);
    change("\"crc32c\"", "\"crc32d\""); /* a CRC and metadata are optional here */
    assert_int_equal(init_status(), 0);
    change("\"spec\":\"0011", "\"spec\":\"1111");
    assert_int_equal(init_status(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_comes_back),         cmocka_unit_test(headers_that_do_not_fit),
        cmocka_unit_test(a_mismatch_lists_what_differs), cmocka_unit_test(poisoned_tensors),
        cmocka_unit_test(every_flipped_byte_is_refused), cmocka_unit_test(weights_from_elsewhere),
    };
    return cmocka_run_group_tests(tests, set_up, clean_up);
}
