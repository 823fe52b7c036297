/* oneDNN's LSTM primitive on the reference job's two layers: forward for training and backward over
 * all steps in float32, with the weights brought into the primitive's layout at each update, as
 * training has to. It is less than the others do: no Adam, no dropout, no head.
 *
 * OMP_NUM_THREADS sets the threads. Talks as peers/serve.py says; offers "update" only. */
#define _POSIX_C_SOURCE 200809L
#include <oneapi/dnnl/dnnl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if DNNL_VERSION_MAJOR != 2
#error "this is written for oneDNN 2, which Debian 12 has"
#endif

enum { BATCH = 30, STEPS = 50, UNITS = 300, GATES = 4, LAYERS = 2 };

static dnnl_engine_t engine;
static dnnl_stream_t stream;

static void check_at(dnnl_status_t status, int line)
{
    if (status != dnnl_success) {
        fprintf(stderr, "dnnl_lstm.c:%d: oneDNN answers %d\n", line, (int)status);
        exit(1);
    }
}
#define CHECK(call) check_at(call, __LINE__)

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

/* ---- tensors ------------------------------------------------------------------------------ */

typedef dnnl_memory_desc_t shape;

static shape shaped(dnnl_format_tag_t tag, int rank, const dnnl_dims_t dims)
{
    shape s;
    CHECK(dnnl_memory_desc_init_by_tag(&s, rank, dims, dnnl_f32, tag));
    return s;
}

static dnnl_memory_t allocate(const shape *s)
{
    dnnl_memory_t m;
    CHECK(dnnl_memory_create(&m, s, engine, DNNL_MEMORY_ALLOCATE));
    return m;
}

static void clear(dnnl_memory_t m)
{
    const shape *s;
    void *data;
    CHECK(dnnl_memory_get_memory_desc(m, &s));
    CHECK(dnnl_memory_get_data_handle(m, &data));
    memset(data, 0, dnnl_memory_desc_get_size(s));
}

/* Random values in [-size, size], in a plain layout. */
static dnnl_memory_t filled(const shape *s, float size)
{
    dnnl_memory_t m = allocate(s);
    void *data;
    CHECK(dnnl_memory_get_data_handle(m, &data));
    float *values = data;
    for (size_t i = 0; i < dnnl_memory_desc_get_size(s) / sizeof *values; i++)
        values[i] = size * ((float)(rand() % 2001) / 1000 - 1);
    return m;
}

/* ---- work --------------------------------------------------------------------------------- */

enum { MOST_ARGUMENTS = 16 };

struct work {
    dnnl_primitive_t primitive;
    int count;
    dnnl_exec_arg_t arguments[MOST_ARGUMENTS];
};

static void add(struct work *w, int which, dnnl_memory_t m)
{
    w->arguments[w->count++] = (dnnl_exec_arg_t){ which, m };
}

static void execute(const struct work *w)
{
    CHECK(dnnl_primitive_execute(w->primitive, stream, w->count, w->arguments));
}

/* Copies between two layouts. */
static struct work reorder(dnnl_memory_t from, dnnl_memory_t to)
{
    const shape *source, *target;
    dnnl_primitive_desc_t description;
    struct work w = { 0 };
    CHECK(dnnl_memory_get_memory_desc(from, &source));
    CHECK(dnnl_memory_get_memory_desc(to, &target));
    CHECK(dnnl_reorder_primitive_desc_create(&description, source, engine, target, engine, NULL));
    CHECK(dnnl_primitive_create(&w.primitive, description));
    CHECK(dnnl_primitive_desc_destroy(description));
    add(&w, DNNL_ARG_FROM, from);
    add(&w, DNNL_ARG_TO, to);
    return w;
}

/* What the primitive wants for one of its arguments. */
static dnnl_memory_t wanted(dnnl_primitive_desc_t description, int argument)
{
    return allocate(dnnl_primitive_desc_query_md(description, dnnl_query_exec_arg_md, argument));
}

enum { REORDERS = 4, GRADIENTS = 3 };

struct layer {
    struct work reorders[REORDERS], forward, backward;
    dnnl_memory_t gradients[GRADIENTS]; /* of the weights: the primitive adds to them */
    dnnl_memory_t y, dx;
    const char *implementation;
};

/* A layer over x; the caller adds the gradient of y to `backward`. */
static struct layer make_layer(dnnl_memory_t x, int features)
{
    const shape input = shaped(dnnl_tnc, 3, (dnnl_dims_t){ STEPS, BATCH, features });
    const shape output = shaped(dnnl_tnc, 3, (dnnl_dims_t){ STEPS, BATCH, UNITS });
    const shape bias = shaped(dnnl_ldgo, 4, (dnnl_dims_t){ 1, 1, GATES, UNITS });
    const shape any_kernel =
        shaped(dnnl_format_tag_any, 5, (dnnl_dims_t){ 1, 1, features, GATES, UNITS });
    const shape any_recurrent =
        shaped(dnnl_format_tag_any, 5, (dnnl_dims_t){ 1, 1, UNITS, GATES, UNITS });
    const shape plain_kernel = shaped(dnnl_ldigo, 5, (dnnl_dims_t){ 1, 1, features, GATES, UNITS });
    const shape plain_recurrent = shaped(dnnl_ldigo, 5, (dnnl_dims_t){ 1, 1, UNITS, GATES, UNITS });
    struct layer l = { .y = allocate(&output), .dx = allocate(&input) };

    dnnl_rnn_desc_t operation;
    dnnl_primitive_desc_t forward, backward;
    CHECK(dnnl_lstm_forward_desc_init(&operation, dnnl_forward_training,
                                      dnnl_unidirectional_left2right, &input, NULL, NULL,
                                      &any_kernel, &any_recurrent, &bias, &output, NULL, NULL, 0));
    CHECK(dnnl_primitive_desc_create(&forward, &operation, NULL, engine, NULL));
    CHECK(dnnl_lstm_backward_desc_init(&operation, dnnl_backward, dnnl_unidirectional_left2right,
                                       &input, NULL, NULL, &any_kernel, &any_recurrent, &bias,
                                       &output, NULL, NULL, &input, NULL, NULL, &any_kernel,
                                       &any_recurrent, &bias, &output, NULL, NULL, 0));
    CHECK(dnnl_primitive_desc_create(&backward, &operation, NULL, engine, forward));
    CHECK(dnnl_primitive_create(&l.forward.primitive, forward));
    CHECK(dnnl_primitive_create(&l.backward.primitive, backward));
    CHECK(dnnl_primitive_desc_query(forward, dnnl_query_impl_info_str, 0, &l.implementation));

    dnnl_memory_t master[2] = { filled(&plain_kernel, 0.05f), filled(&plain_recurrent, 0.05f) };
    dnnl_memory_t biases = filled(&bias, 0.1f), workspace = wanted(forward, DNNL_ARG_WORKSPACE);
    const int weights[2] = { DNNL_ARG_WEIGHTS_LAYER, DNNL_ARG_WEIGHTS_ITER };
    for (int i = 0; i < 2; i++) {
        dnnl_memory_t there = wanted(forward, weights[i]), back = wanted(backward, weights[i]);
        l.reorders[2 * i] = reorder(master[i], there);
        l.reorders[2 * i + 1] = reorder(master[i], back);
        add(&l.forward, weights[i], there);
        add(&l.backward, weights[i], back);
    }
    struct work *const both[2] = { &l.forward, &l.backward };
    for (int i = 0; i < 2; i++) {
        add(both[i], DNNL_ARG_SRC_LAYER, x);
        add(both[i], DNNL_ARG_BIAS, biases);
        add(both[i], DNNL_ARG_DST_LAYER, l.y);
        add(both[i], DNNL_ARG_WORKSPACE, workspace);
    }
    const int gradients[GRADIENTS] = { DNNL_ARG_DIFF_WEIGHTS_LAYER, DNNL_ARG_DIFF_WEIGHTS_ITER,
                                       DNNL_ARG_DIFF_BIAS };
    for (int i = 0; i < GRADIENTS; i++) {
        l.gradients[i] = wanted(backward, gradients[i]);
        add(&l.backward, gradients[i], l.gradients[i]);
    }
    add(&l.backward, DNNL_ARG_DIFF_SRC_LAYER, l.dx);
    return l;
}

static struct layer layers[LAYERS];

static void make_layers(void)
{
    const shape input = shaped(dnnl_tnc, 3, (dnnl_dims_t){ STEPS, BATCH, 1 });
    const shape output = shaped(dnnl_tnc, 3, (dnnl_dims_t){ STEPS, BATCH, UNITS });
    dnnl_memory_t x = filled(&input, 1);
    for (int i = 0; i < LAYERS; i++) {
        layers[i] = make_layer(x, i == 0 ? 1 : UNITS);
        x = layers[i].y;
    }
    dnnl_memory_t dy = filled(&output, 1e-3f);
    for (int i = LAYERS - 1; i >= 0; i--) {
        add(&layers[i].backward, DNNL_ARG_DIFF_DST_LAYER, dy);
        dy = layers[i].dx;
    }
}

static void update(void)
{
    for (int i = 0; i < LAYERS; i++) {
        for (int j = 0; j < REORDERS; j++)
            execute(&layers[i].reorders[j]);
        for (int j = 0; j < GRADIENTS; j++)
            clear(layers[i].gradients[j]);
    }
    for (int i = 0; i < LAYERS; i++)
        execute(&layers[i].forward);
    for (int i = LAYERS - 1; i >= 0; i--)
        execute(&layers[i].backward);
    CHECK(dnnl_stream_wait(stream));
}

/* ---- answers ------------------------------------------------------------------------------ */

static void answer(int count)
{
    for (int i = 0; i < 2 || i < count / 20; i++)
        update();
    printf("{\"ms\": [");
    for (int i = 0; i < count; i++) {
        double start = now_ms();
        update();
        printf("%s%.4f", i ? ", " : "", now_ms() - start);
    }
    puts("]}");
    fflush(stdout);
}

int main(void)
{
    CHECK(dnnl_engine_create(&engine, dnnl_cpu, 0));
    CHECK(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags));
    make_layers();
    for (int i = 0; i < 3; i++)
        update();
    const dnnl_version_t *v = dnnl_version();
    printf("{\"version\": \"oneDNN %d.%d.%d (%s)\", \"works\": [\"update\"]}\n", v->major, v->minor,
           v->patch, layers[0].implementation);
    fflush(stdout);
    int count;
    while (scanf(" update %d", &count) == 1)
        answer(count);
    return 0;
}
