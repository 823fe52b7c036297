/* The intermediate form: its text in and out, its shape rules, its builder. */
#include "capture.h"
#include "diag.h"
#include "ir.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* ---- round trips ------------------------------------------------------------------------------ */

/* Every statement of the head, every operation that the trace knows. */
static const char trace_text[] =
    "lstmc-ir 1 trace\n"
    "model every_op float32 stateful\n"
    "title \"LSTM 300 \\\"quoted\\\" \\\\ \\n \\x01 d\xc3\xa9j\xc3\xa0\"\n"
    "loss categorical_crossentropy\n"
    "optimizer Adam\n"
    "data length 50 stride 1 input scaled target onehot predict last lowercase\n"
    "corpus \"macbeth.txt\" characters 100320 samples 100270 unigram 0x1.9p+1 sha256 "
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n"
    "symbols 10 32 33 1114111\n"
    "casing 65 97\n"
    "casing 304 105 775\n"
    "cased 65..90 170 97..122\n"
    "ignorable 39 46 58\n"
    "fit epochs 1 batch 30 shuffle validation_split 0x1p-2\n"
    "sample length 50 temperature 0 mode window top_k 0 top_p 1\n"
    "hyper learning_rate 0x1.0624dd2f1a9fcp-10\n"
    "hyper beta_1 0x1.ccccccccccccdp-1\n"
    "layer lstm LSTM \"LSTM { 300 }\" \"(None, 300)\" 362400\n"
    "scope 0 lstm \"LSTM { 300 }\"\n"
    "scope 1 loss \"\"\n"
    "param $lstm.kernel f[3,4] of lstm init glorot_uniform 0 0 cols 0 4 stream 1\n"
    "param $lstm.bias f[4] of lstm init zeros 0 0 cols 0 2 stream 3 init constant 0x1p-1 0 cols 2 "
    "4 stream 3\n"
    "state $optimizer.m.lstm.kernel f[3,4] init zeros 0 0 cols 0 4 stream 0\n"
    "carried $lstm.h f[1,3] init zeros 0 0 cols 0 3 stream 0\n"
    "program train {\n"
    "  %0:f[2,3] = input {name=x} !0.0\n"
    "  %1:i[2,1] = input {name=y} !1\n"
    "  %2:d[] = input {name=update}\n"
    "  %3:d[] = input {name=learning_rate}\n"
    "  %4:f[2,4] = const {value=-0x0p+0}\n"
    "  %5:b[2,4] = bernoulli {stream=7 t=3 p=0x1p-1} !0.3\n"
    "  %6:f[2,4] = matmul %0, $lstm.kernel !0.0\n"
    "  %7:f[2,4] = add %6, $lstm.bias\n"
    "  %8:f[2,4] = neg %7\n"
    "  %9:f[2,4] = exp %8\n"
    "  %10:f[2,4] = log %9\n"
    "  %11:f[2,4] = abs %10\n"
    "  %12:f[2,4] = sqrt %11\n"
    "  %13:f[2,4] = tanh %12\n"
    "  %14:f[2,4] = sigmoid %13\n"
    "  %15:f[2,4] = sign %14\n"
    "  %16:f[2,4] = stop %15\n"
    "  %17:f[2,4] = sub %16, %14\n"
    "  %18:f[2,4] = mul %17, %3\n"
    "  %19:d[] = div %3, %2\n"
    "  %20:d[] = pow %19, %3\n"
    "  %21:f[2,4] = max %18, %20\n"
    "  %22:f[2,4] = min %21, %4\n"
    "  %23:b[2,4] = lt %22, %21\n"
    "  %24:b[2,4] = le %22, %20\n"
    "  %25:b[2,1] = eq %1, %1\n"
    "  %26:b[2,4] = onehot %1 {width=4}\n"
    "  %27:f[2,4] = select %23, %22, %21\n"
    "  %28:f[1,4] = rows %27 {start=1 stop=2}\n"
    "  %29:f[2,2] = cols %27 {start=2 stop=4}\n"
    "  %30:f[4,2] = reshape %27\n"
    "  %31:f[2,4] = expand %28\n"
    "  %32:f[4,4] = concat %27, %31 {axis=0}\n"
    "  %33:f[1,4] = sum %32 {axis=0}\n"
    "  %34:f[4,1] = reduce_max %32 {axis=1}\n"
    "  %35:i[4,1] = argmax %32\n"
    "  %36:f[4,2] = matmul %27, %29 {ta tb}\n"
    "  %90:f[4,2] = transpose %27 !0.1b\n"
    "  %91:f[2,4] = gather $lstm.kernel, %1\n"
    "  %92:f[3,4] = scatter %91, %1 {rows=3}\n"
    "  %93:f[2,1] = pick %91, %1\n"
    "  %94:f[1,1] = sum %93 {axis=0} !1b\n"
    "  %95:f[3,4] = grad %94, $lstm.kernel !1u\n"
    "  check %94 {name=loss} !1\n"
    "  assign $lstm.kernel, %95 !.4u\n"
    "  result %94 {name=loss} !1\n"
    "}\n"
    "lines\n"
    "  scope 0 \"macbeth.lua\" 9 5\n"
    "  node train 3 \"macbeth.lua\" 9 5\n"
    "  node train 90 \"a \\\"b\\\".lua\" 10 1\n"
    "end\n";

/* What later stages add. (The places make no sense.) */
static const char plan_text[] =
    "lstmc-ir 1 plan\n"
    "model t float64\n"
    "memory param 4096 state 0 work 8192\n"
    "param $w f[30,1200] in param+0:1200\n"
    "kernel @step f[30,1200] {\n"
    "  param %0:f[30,1200]\n"
    "  param %1:f[1,1200]\n"
    "  param %2:d[]\n"
    "  %3:b[30,1200] = bernoulli {stream=1 p=0x1p-1}\n"
    "  %4:f[30,1200] = add %0, %1\n"
    "  %5:f[30,1200] = mul %4, %2\n"
    "  %7:f[30,1200] = select %3, %5, %4\n"
    "  return %7, %3, %7\n"
    "}\n"
    "program train work 8192 {\n"
    "  %0:f[30,30] in work+0:30 = input {name=x}\n"
    "  %4:f[30,1200]:1x16 in work+9000:16 = pack $w on cols 75x16\n"
    "  %1:f[30,1200] in work+4096:1200 = matmul %0, %4 on cols 19x16 !.0\n"
    "  barrier\n"
    "  %2:d[] = const {value=3}\n"
    "  %3:f[1,1200] in work+4096:1200 = rows %1 {start=0 stop=1}\n"
    "  %9:f[30,1200] in work+8:1200, %10:b[30,1200] in work+4:75, %8:f[30,1200] = call @step(%1, "
    "%3, %2) {t=0} on rows 30x1 !b\n"
    "  result %9 {name=loss}\n"
    "}\n"
    "end\n";

/* Products of rounded operands. */
static const char mixed_text[] = "lstmc-ir 1 schedule\n"
                                 "model t mixed_bfloat16\n"
                                 "param $w f[64,48]\n"
                                 "kernel @round f[8,64] {\n"
                                 "  param %0:f[8,64]\n"
                                 "  %1:h[8,64] = bf16 %0\n"
                                 "  return %1\n"
                                 "}\n"
                                 "program train {\n"
                                 "  %0:f[8,64] = input {name=x}\n"
                                 "  %1:h[8,64] = call @round(%0) on cols 1x16\n"
                                 "  %2:h[64,48]:1x16 = pack $w on cols 3x16\n"
                                 "  barrier\n"
                                 "  %3:f[8,48] = matmul %1, %2 on cols 3x16\n"
                                 "  result %3 {name=loss}\n"
                                 "}\n"
                                 "end\n";

static struct module *read_text(struct arena *a, const char *text)
{
    return module_read(a, "test.ir", text, strlen(text));
}

static const char *write_text(const struct module *m, int flags)
{
    struct buffer b = { .arena = m->arena };
    module_write(m, &b, flags);
    return b.text;
}

static void assert_round_trip(const char *text, int flags)
{
    struct arena *a = arena_new();
    struct module *m = read_text(a, text);
    assert_non_null(m);
    assert_string_equal(write_text(m, flags), text);
    arena_free(a);
}

static void round_trips(void **state)
{
    (void)state;
    assert_round_trip(trace_text, WRITE_LINES);
    assert_round_trip(plan_text, 0);
    assert_round_trip(mixed_text, 0);
}

static void every_operation_is_tested(void **state)
{
    (void)state;
    for (int op = 0; op < OP_COUNT; op++) {
        char word[32];
        snprintf(word, sizeof word, " %s", op_table[op].name);
        assert_true(strstr(trace_text, word) || strstr(plan_text, word) ||
                    strstr(mixed_text, word));
    }
}

/* Blanks, comments and blank lines mean nothing. */
static void spacing_is_free(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct module *m =
        read_text(a, "# a test\n\nlstmc-ir 1 trace # stage\r\n model  t float32\n"
                     "param $w f[ 2, 3 ]\nprogram p {\n%0:f[2,2]=matmul $w,$w{tb}!.2b # note\n}\n"
                     "end\n\n# the end\n");
    assert_non_null(m);
    assert_string_equal(write_text(m, 0), "lstmc-ir 1 trace\nmodel t float32\nparam $w f[2,3]\n"
                                          "program p {\n"
                                          "  %0:f[2,2] = matmul $w, $w {tb} !.2b\n}\nend\n");
    arena_free(a);
}

/* What is run-time leaves no trace in the text that is hashed. */
static void hashed_text(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct module *m = read_text(a, trace_text);
    const char *before = write_text(m, WRITE_HASHED);
    m->stage = STAGE_OPT;
    m->data.corpus = "other.txt";
    m->data.samples = 7;
    m->data.casing_count = m->data.cased_count = m->data.ignorable_count = 0;
    m->fit = (struct fit){ .epochs = 9, .batch = 30 };
    m->sample.length = 9;
    m->hypers->value = 9;
    m->scopes[0].line.line = 99;
    assert_string_equal(write_text(m, WRITE_HASHED | WRITE_LINES), before);
    m->fit.batch = 31;
    assert_string_not_equal(write_text(m, WRITE_HASHED), before);
    arena_free(a);
}

/* ---- shapes ----------------------------------------------------------------------------------- */

static void broadcasting(void **state)
{
    (void)state;
    static const struct {
        struct shape a, b, out;
        bool fits;
    } cases[] = {
        { { 2, { 30, 300 } }, { 1, { 300 } }, { 2, { 30, 300 } }, true },
        { { 2, { 30, 1 } }, { 2, { 1, 300 } }, { 2, { 30, 300 } }, true },
        { { 0, { 0 } }, { 3, { 2, 3, 4 } }, { 3, { 2, 3, 4 } }, true },
        { { 2, { 30, 300 } }, { 1, { 30 } }, { 0, { 0 } }, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct shape out;
        assert_int_equal(shape_broadcast(cases[i].a, cases[i].b, &out), cases[i].fits);
        assert_true(!cases[i].fits || shape_equal(out, cases[i].out));
    }
}

#define F(...)                                                                                     \
    {                                                                                              \
        ELEM_REAL, __VA_ARGS__,                                                                    \
        {                                                                                          \
            0, 0                                                                                   \
        }                                                                                          \
    }
#define I(...)                                                                                     \
    {                                                                                              \
        ELEM_INDEX, __VA_ARGS__,                                                                   \
        {                                                                                          \
            0, 0                                                                                   \
        }                                                                                          \
    }
#define B(...)                                                                                     \
    {                                                                                              \
        ELEM_BIT, __VA_ARGS__,                                                                     \
        {                                                                                          \
            0, 0                                                                                   \
        }                                                                                          \
    }

static void shape_messages(void **state)
{
    (void)state;
    static const struct {
        enum op op;
        int n;
        struct type args[2];
        struct attr attr;
        const char *message;
    } cases[] = {
        { OP_MATMUL,
          2,
          { F({ 2, { 30, 300 } }), F({ 2, { 200, 1200 } }) },
          { 0 },
          "matmul: 30x300 times 200x1200: the inner sizes 300 and 200 differ" },
        { OP_MATMUL,
          2,
          { F({ 2, { 30, 300 } }), F({ 2, { 200, 1200 } }) },
          { .key = "ta", .kind = ATTR_FLAG, .i = 1 },
          "matmul: 30x300 transposed times 200x1200: the inner sizes 30 and 200 differ" },
        { OP_MATMUL, 1, { F({ 2, { 30, 300 } }) }, { 0 }, "matmul: takes 2 operands, found 1" },
        { OP_MATMUL,
          2,
          { F({ 1, { 30 } }), F({ 2, { 30, 2 } }) },
          { 0 },
          "matmul: operand 1 must be a matrix, found 30" },
        { OP_ADD,
          2,
          { F({ 2, { 30, 300 } }), F({ 1, { 200 } }) },
          { 0 },
          "add: 30x300 and 200 do not fit: sizes must be equal or 1" },
        { OP_ADD,
          2,
          { F({ 2, { 30, 300 } }), B({ 2, { 30, 300 } }) },
          { 0 },
          "add: operand 2 must be a number, found bits of type b[30,300]" },
        { OP_LT,
          2,
          { I({ 2, { 30, 1 } }), F({ 2, { 30, 1 } }) },
          { 0 },
          "lt: operand 1 must be a number, found indices of type i[30,1]" },
        { OP_ROWS,
          1,
          { F({ 2, { 30, 300 } }) },
          { .key = "stop", .kind = ATTR_INT, .i = 31 },
          "rows: -1 to 31 of a value with 30 rows" },
        { OP_CONCAT,
          2,
          { F({ 2, { 30, 300 } }), F({ 2, { 30, 200 } }) },
          { .key = "axis", .kind = ATTR_INT, .i = 0 },
          "concat: operand 2 is f[30,200] and does not fit operand 1, f[30,300], along axis 0" },
        { OP_CONCAT,
          2,
          { F({ 3, { 2, 3, 4 } }), F({ 3, { 2, 3, 4 } }) },
          { .key = "axis", .kind = ATTR_INT, .i = 1 },
          "concat: the axis must be 0 or the last of 2x3x4, found 1" },
        { OP_SUM,
          1,
          { F({ 0, { 0 } }) },
          { .key = "axis", .kind = ATTR_INT, .i = 0 },
          "sum: there is no axis 0 in a scalar" },
        { OP_GATHER,
          2,
          { F({ 2, { 43, 300 } }), I({ 1, { 30 } }) },
          { 0 },
          "gather: operand 2 must be a column of indices (n, 1), found 30" },
        { OP_PICK,
          2,
          { F({ 2, { 30, 43 } }), I({ 2, { 20, 1 } }) },
          { 0 },
          "pick: 20 indices for the 30 rows of operand 1" },
        { OP_RESHAPE,
          1,
          { F({ 2, { 30, 43 } }) },
          { 0 },
          "reshape: f[30,43] (1290 elements) cannot become f[] (1 elements)" },
        { OP_SCATTER,
          2,
          { F({ 2, { 30, 1 << 20 } }), I({ 2, { 30, 1 } }) },
          { .key = "rows", .kind = ATTR_INT, .i = 1 << 20 },
          "scatter: a value of 1048576x1048576 has more than 2147483647 elements" },
        { OP_ASSIGN,
          2,
          { F({ 1, { 30 } }), F({ 2, { 1, 30 } }) },
          { 0 },
          "assign: a value of type f[1,30] cannot become the new value of a tensor of type f[30]" },
    };
    struct arena *a = arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct type out;
        const char *fault = infer_type(a, cases[i].op, cases[i].args, cases[i].n, &cases[i].attr,
                                       cases[i].attr.key != NULL, type_scalar(ELEM_REAL), &out);
        assert_non_null(fault);
        assert_string_equal(fault, cases[i].message);
    }
    arena_free(a);
}

/* ---- building --------------------------------------------------------------------------------- */

static struct builder builder_of(struct module *m)
{
    return (struct builder){ .list = program_list(program_add(m, "p")) };
}

static void building(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct module *m = module_new(a);
    m->name = "t";
    struct builder b = builder_of(m);
    struct tensor *w = tensor_add(m, TENSOR_PARAM, "w", type_matrix(ELEM_REAL, 3, 4));
    struct attr name = attr_make_name("name", "x");
    struct value *x = build(&b, OP_INPUT, NULL, 0, &name, 1, type_matrix(ELEM_REAL, 2, 3));
    struct value *z = build_matmul(&b, x, false, &w->value, false);
    struct value *parts[] = { build_slice(&b, OP_COLS, z, 0, 2),
                              build_slice(&b, OP_COLS, z, 2, 4) };
    struct value *joined = build_concat(&b, parts, 2, 0);
    struct value *scale = build_const(&b, 0.5, type_scalar(ELEM_DOUBLE));
    struct value *y = build_binary(&b, OP_MUL, build_unary(&b, OP_TANH, joined), scale);
    b.at = y->def;
    build_sum(&b, joined, 1);
    module_check(m, "building", false);
    assert_string_equal(write_text(m, 0), "lstmc-ir 1 trace\n"
                                          "model t float32\n"
                                          "param $w f[3,4]\n"
                                          "program p {\n"
                                          "  %0:f[2,3] = input {name=x}\n"
                                          "  %1:f[2,4] = matmul %0, $w\n"
                                          "  %2:f[2,2] = cols %1 {start=0 stop=2}\n"
                                          "  %3:f[2,2] = cols %1 {start=2 stop=4}\n"
                                          "  %4:f[4,2] = concat %2, %3 {axis=0}\n"
                                          "  %5:d[] = const {value=0x1p-1}\n"
                                          "  %6:f[4,2] = tanh %4\n"
                                          "  %8:f[4,1] = sum %4 {axis=1}\n"
                                          "  %7:f[4,2] = mul %6, %5\n"
                                          "}\n"
                                          "end\n");
    arena_free(a);
}

static void build_wrong_shapes(const void *p)
{
    (void)p;
    struct module *m = module_new(arena_new());
    struct builder b = builder_of(m);
    struct value *x = build_const(&b, 0, type_matrix(ELEM_REAL, 2, 3));
    build_matmul(&b, x, false, x, false);
}

static void wrong_shapes_are_ours(void **state)
{
    (void)state;
    struct captured c = capture(build_wrong_shapes, NULL);
    assert_int_equal(c.status, EXIT_INTERNAL);
    assert_string_equal(c.text, "lstmc: internal error: matmul: 2x3 times 2x3: the inner sizes 3 "
                                "and 2 differ\n");
}

static struct module *chain(struct arena *a)
{
    return read_text(a, "lstmc-ir 1 trace\nmodel t float32\nprogram p {\n"
                        "  %0:f[2,2] = const {value=1}\n"
                        "  %1:f[2,2] = neg %0\n"
                        "  %2:f[2,2] = neg %1\n"
                        "  %3:f[2,2] = add %2, %2\n"
                        "  result %3 {name=loss}\n}\nend\n");
}

static void replacing(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct program *p = chain(a)->programs;
    struct node *first = p->first, *second = first->next, *third = second->next;
    struct node *fourth = third->next;
    int *uses = count_uses(p);
    assert_int_equal(uses[0], 1);
    assert_int_equal(uses[2], 2);
    node_result(third)->note = node_result(second);
    node_result(second)->note = node_result(first);
    replace_noted(p);
    assert_ptr_equal(fourth->args[0], node_result(first));
    assert_ptr_equal(fourth->args[1], node_result(first));
    clear_notes(p);
    assert_null(node_result(third)->note);
    node_remove(program_list(p), third);
    node_remove(program_list(p), second);
    program_number(p);
    assert_int_equal(fourth->order, 1);
    assert_ptr_equal(fourth->prev, first);
    arena_free(a);
}

static void attributes(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct module *m = module_new(a);
    struct list l = program_list(program_add(m, "p"));
    struct node *x = node_new(l, OP_MATMUL, 2, 1, 1), *y = node_new(l, OP_MATMUL, 2, 1, 0);
    x->attrs[0] = attr_make_flag("ta", false);
    assert_true(attrs_equal(x, y));
    x->attrs[0].i = 1;
    assert_false(attrs_equal(x, y));
    assert_false(attrs_equal(y, x));
    struct node *c = node_new(l, OP_CONST, 0, 1, 1), *d = node_new(l, OP_CONST, 0, 1, 1);
    c->attrs[0] = attr_make_num("value", 0.0);
    d->attrs[0] = attr_make_num("value", -0.0);
    assert_false(attrs_equal(c, d));
    c->attrs[0].num = d->attrs[0].num = NAN;
    assert_true(attrs_equal(c, d));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trips),     cmocka_unit_test(every_operation_is_tested),
        cmocka_unit_test(spacing_is_free), cmocka_unit_test(hashed_text),
        cmocka_unit_test(broadcasting),    cmocka_unit_test(shape_messages),
        cmocka_unit_test(building),        cmocka_unit_test(wrong_shapes_are_ours),
        cmocka_unit_test(replacing),       cmocka_unit_test(attributes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
