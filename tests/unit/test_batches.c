/* Windows, splits and batches of a small text, counted out by hand. */
#include "batches.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { B = 3, T = 4, N = 20 };

struct arena {
    float x[T * B];
    int32_t y[T * B];
    float weight[T * B];
};

static const struct lstmc_training_slots slots = { .x = { offsetof(struct arena, x), T *B },
                                                   .y = { offsetof(struct arena, y), T *B },
                                                   .weight = { offsetof(struct arena, weight),
                                                               T *B } };
static const struct lstmc_model last = {
    .steps = T, .stride = 1, .batch = B, .symbol_count = 43, .input = LSTMC_SCALED
};
static const struct lstmc_model every = {
    .steps = T, .stride = 3, .batch = B, .symbol_count = 43, .input = LSTMC_SCALED, .every = 1
};

static void samples_of_a_text(void **state)
{
    (void)state;
    struct lstmc_model tutorial = last;
    tutorial.steps = 50;
    assert_int_equal(batches_samples(&tutorial, 100320), 100270);
    assert_int_equal(batches_samples(&tutorial, 51), 1);
    assert_int_equal(batches_samples(&tutorial, 50), 0);
    assert_int_equal(batches_samples(&tutorial, 0), 0);
    tutorial.stride = 10;
    assert_int_equal(batches_samples(&tutorial, 51), 1);
    assert_int_equal(batches_samples(&tutorial, 60), 1);
    assert_int_equal(batches_samples(&tutorial, 61), 2);
}

/* Keras: split at floor(n * (1 - split)), in double. */
static void splits(void **state)
{
    (void)state;
    assert_int_equal(batches_training_part(100270, 0).count, 100270);
    assert_int_equal(batches_validation_part(100270, 0).count, 0);
    assert_int_equal(batches_training_part(10, 0.1).count, 9);
    assert_int_equal(batches_training_part(7, 0.33).count, 4);
    struct part part = batches_validation_part(7, 0.33);
    assert_int_equal(part.first, 4);
    assert_int_equal(part.count, 3);
    assert_int_equal(batches_in(&last, (struct part){ 0, 9 }), 3);
    assert_int_equal(batches_in(&last, (struct part){ 0, 10 }), 4);
}

static uint32_t text[N];

static void make_text(void)
{
    for (uint32_t i = 0; i < N; i++)
        text[i] = i;
}

static void batch_of_last_steps(void **state)
{
    (void)state;
    static const uint32_t order[] = { 4, 0, 2, 1, 3 };
    struct arena a;
    make_text();
    struct part part = { 5, 5 };
    assert_int_equal(batches_fill(&last, &slots, (unsigned char *)&a, text, part, order, 0), 3);
    for (int b = 0; b < B; b++) {
        uint32_t start = 5 + order[b];
        for (uint32_t t = 0; t < T; t++)
            assert_true(a.x[t * B + (uint32_t)b] == (float)((double)(start + t) / 43));
        assert_int_equal(a.y[b], start + T);
        assert_true(a.weight[b] == (float)(1.0 / 3));
    }
    /* The last batch has two samples; the third repeats the first and counts nothing. */
    assert_int_equal(batches_fill(&last, &slots, (unsigned char *)&a, text, part, order, 1), 2);
    assert_int_equal(a.y[0], 5 + 1 + T);
    assert_int_equal(a.y[1], 5 + 3 + T);
    assert_int_equal(a.y[2], 5 + 1 + T);
    assert_true(a.weight[0] == 0.5f && a.weight[1] == 0.5f && a.weight[2] == 0);
}

static void batch_of_every_step(void **state)
{
    (void)state;
    struct arena a;
    make_text();
    struct part part = { 0, batches_samples(&every, N) };
    assert_int_equal(part.count, 6); /* windows at 0, 3, ..., 15 */
    assert_int_equal(batches_fill(&every, &slots, (unsigned char *)&a, text, part, NULL, 1), 3);
    for (int t = 0; t < T; t++)
        for (int b = 0; b < B; b++) {
            int at = 3 * (3 + b) + t;
            assert_true(a.x[t * B + b] == (float)((double)at / 43));
            assert_int_equal(a.y[t * B + b], at + 1);
            assert_true(a.weight[t * B + b] == (float)(1.0 / 12));
        }
}

static void inputs_as_indices_and_doubles(void **state)
{
    (void)state;
    struct lstmc_model m = { .symbol_count = 3, .input = LSTMC_INDICES };
    union {
        int32_t indices[3];
        double reals[3];
    } a = { { 9, 9, 9 } };
    static const uint32_t symbols[] = { 2, 1 };
    batches_put_inputs(&m, (struct lstmc_slot){ 0, 3 }, (unsigned char *)&a, symbols, 1, 2);
    assert_int_equal(a.indices[0], 9);
    assert_int_equal(a.indices[1], 2);
    assert_int_equal(a.indices[2], 1);
    m.input = LSTMC_SCALED;
    m.dtype = LSTMC_FLOAT64;
    batches_put_inputs(&m, (struct lstmc_slot){ 0, 3 }, (unsigned char *)&a, symbols, 0, 2);
    assert_true(a.reals[0] == 2.0 / 3 && a.reals[1] == 1.0 / 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_of_a_text),
        cmocka_unit_test(splits),
        cmocka_unit_test(batch_of_last_steps),
        cmocka_unit_test(batch_of_every_step),
        cmocka_unit_test(inputs_as_indices_and_doubles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
