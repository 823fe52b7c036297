/* What the reader of the text form and the check say of unsound modules. A case is the text, with what
 * must be the beginning of the first line on stderr. */
#include "capture.h"
#include "diag.h"
#include "ir.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void read_and_check(const void *p)
{
    static struct arena *arena; /* still known when the run is stopped */
    const char *text = p;
    arena = arena_new();
    diag_color(COLOR_NEVER);
    diag_source("t.ir", text, strlen(text));
    struct module *m = module_read(arena, "t.ir", text, strlen(text));
    diag_stop_on_errors();
    module_check(m, "reading", true);
}

static void assert_fault(const char *text, const char *message)
{
    struct captured c = capture(read_and_check, text);
    c.text[strcspn(c.text, "\n")] = '\0';
    assert_string_equal(c.text, message);
    assert_int_equal(c.status, EXIT_USER);
}

struct fault {
    const char *line, *message;
};

static void assert_faults(const struct fault *cases, size_t n, const char *head, const char *tail)
{
    for (size_t i = 0; i < n; i++) {
        char text[4096];
        snprintf(text, sizeof text, "%s%s\n%s", head, cases[i].line, tail);
        assert_fault(text, cases[i].message);
    }
}
#define ASSERT_FAULTS(cases, head, tail)                                                           \
    assert_faults(cases, sizeof(cases) / sizeof *(cases), head, tail)

static void first_lines(void **state)
{
    (void)state;
    assert_fault("", "t.ir:1:1: error: the file is empty");
    assert_fault("# nothing\n\n", "t.ir:3:1: error: the file is empty");
    assert_fault("return Model {", "t.ir:1:1: error: expected `lstmc`, found `return`");
    assert_fault("lstmc-ir 2 trace\n", "t.ir:1:10: error: this lstmc reads version 1 of the form");
    assert_fault("lstmc-ir 1 done\n", "t.ir:1:12: error: expected trace, grad, opt, schedule or "
                                      "plan, found `done`");
    assert_fault("lstmc-ir 1 trace\nfit epochs 1\n",
                 "t.ir:2:1: error: expected `model` first, found `fit`");
    assert_fault("lstmc-ir 1 trace\nmodel t float32\n",
                 "t.ir:3:1: error: the text ends without `end`");
    assert_fault("lstmc-ir 1 trace\nmodel t float32\nend\nend\n",
                 "t.ir:4:1: error: nothing follows `end`");
}

static void heads(void **state)
{
    (void)state;
    static const struct fault cases[] = {
        { "model u float32", "t.ir:3:1: error: `model` must stand before `model`, and once" },
        { "modle", "t.ir:3:1: error: expected a statement such as `param` or `program`, found "
                   "`modle`" },
        { "title \"abc", "t.ir:3:7: error: this string does not end on its line" },
        { "title \"a\\q\"", "t.ir:3:9: error: expected \\\", \\\\, \\n or \\xHH (not \\x00) in a "
                            "string" },
        { "title \"a\\x00\"", "t.ir:3:9: error: expected \\\", \\\\, \\n or \\xHH (not \\x00) in a "
                              "string" },
        { "title \"abc\" 5", "t.ir:3:13: error: expected the end of the line, found `5`" },
        { "loss 5", "t.ir:3:6: error: expected the name of a loss, found `5`" },
        { "data length 0", "t.ir:3:13: error: expected an integer from 1 to 1048576, found `0`" },
        { "data length 01", "t.ir:3:13: error: expected an integer, found `01`" },
        { "data length 99999999999999999999", "t.ir:3:13: error: expected an integer from 1 to "
                                              "1048576, found `99999999999999999999`" },
        { "data length 5 stride 1 input pixels", "t.ir:3:30: error: expected scaled, onehot or "
                                                 "index, found `pixels`" },
        { "corpus \"x\" characters 1 samples 1 unigram 0.5",
          "t.ir:3:43: error: expected an integer or a hexadecimal number (0x1.8p-3), found `0.5`" },
        { "corpus \"x\" characters 1 samples 1 unigram 1 sha256 abc",
          "t.ir:3:52: error: expected the 64 hexadecimal digits of a SHA-256" },
        { "symbols 10 32 32", "t.ir:3:15: error: symbols must ascend" },
        { "symbols 1114112", "t.ir:3:9: error: expected an integer from 0 to 1114111, found "
                             "`1114112`" },
        { "sample length 1 temperature -1",
          "t.ir:3:29: error: expected a number from 0 to inf, found `-1`" },
        { "hyper learning.rate 1",
          "t.ir:3:7: error: the name of a number of the optimizer has no dots, found "
          "`learning.rate`" },
        { "scope 1 lstm \"\"", "t.ir:3:7: error: expected an integer from 0 to 0, found `1`" },
        { "param w f[2,3]", "t.ir:3:7: error: expected `$`, found `w`" },
        { "param $w g[2,3]",
          "t.ir:3:10: error: expected a type such as f[30,1200]: f, d, i, b or h and its sizes" },
        { "param $w f[2,0]", "t.ir:3:14: error: expected an integer from 1 to 2147483647, found "
                             "`0`" },
        { "param $w f[65536,65536]", "t.ir:3:18: error: a value has at most 2147483647 elements" },
        { "param $w f[2,3,4,5,6]", "t.ir:3:19: error: a value has at most 4 axes" },
        { "param $w f[2,3]:2x16", "t.ir:3:21: error: the columns cannot be cut into 2 parts" },
        { "param $w f[2,3] init zeros 0 0 cols 0 4 stream 1",
          "t.ir:3:39: error: expected an integer from 1 to 3, found `4`" },
        { "param $w d[]", "t.ir: error: tensors: $w must hold real numbers, found d[]" },
        { "scope 0 a \"\"\nlines\nscope 1 \"x\" 1 1",
          "t.ir:5:7: error: expected an integer from 0 to 0, found `1`" },
        { "lines\nnode p 1 \"x\" 1 1",
          "t.ir:4:6: error: program p has no node %1 after the one named before" },
        { "node p 1 \"x\" 1 1", "t.ir:3:1: error: `node` belongs into the block `lines`" },
    };
    ASSERT_FAULTS(cases, "lstmc-ir 1 trace\nmodel m float32\n", "end\n");
}

static void nodes(void **state)
{
    (void)state;
    static const struct fault cases[] = {
        { "%2:f[2,2] = mattmul %0, %0", "t.ir:6:13: error: expected an operation, found "
                                        "`mattmul`" },
        { "%2:f[2,2] = add %0, %9", "t.ir:6:21: error: %9 is not defined before its use" },
        { "%2:f[2,2] = add %2, %0", "t.ir:6:17: error: %2 is not defined before its use" },
        { "%2:f[2,2] = add %0, $v", "t.ir:6:21: error: $v is not defined" },
        { "%2:f[2,2] = add %0", "t.ir:6:13: error: add: takes 2 operands, found 1" },
        { "%2:f[2,2] = add %0, %0, %0", "t.ir:6:13: error: add: takes 2 operands, found 3" },
        { "%2:f[2,3] = add %0, %0", "t.ir:6:13: error: add gives f[2,2], not f[2,3]" },
        { "add %0, %0", "t.ir:6:1: error: add gives 1 result, found 0" },
        { "%2:f[2,2] = result %0 {name=x}", "t.ir:6:13: error: result gives 0 results, found 1" },
        { "%0:f[2,2] = neg %0", "t.ir:6:1: error: %0 is defined twice" },
        { "%02:f[2,2] = neg %0", "t.ir:6:2: error: expected an integer, found `02`" },
        { "%16777216:f[2,2] = neg %0", "t.ir:6:2: error: expected an integer from 0 to 16777215, "
                                       "found `16777216`" },
        { "%2:f[2,1] = sum %0", "t.ir:6:13: error: sum: the attribute axis is missing" },
        { "%2:f[2,1] = sum %0 {axis=x}", "t.ir:6:26: error: expected an integer, found `x`" },
        { "%2:f[2,1] = sum %0 {axis=1 axis=1}",
          "t.ir:6:28: error: the attribute axis stands here twice" },
        { "%2:f[2,1] = sum %0 {dim=1}", "t.ir:6:21: error: sum has no attribute `dim`" },
        { "%2:f[2,1] = sum %0 {axis=1",
          "t.ir:6:27: error: expected the name of an attribute, found the end of the line" },
        { "%2:f[2,2] = matmul %0, %0 {ta=1}",
          "t.ir:6:30: error: expected the name of an attribute, found `=`" },
        { "%2:f[2,2] = neg %0 !1", "t.ir:6:21: error: scope 1 is not defined" },
        { "%2:f[2,2] = neg %0 on rows 0x1",
          "t.ir:6:28: error: expected an integer from 1 to 2147483647, found `0x1`" },
        { "%2:b[2,2] = bernoulli {stream=1 t=0 p=2}",
          "t.ir:6:13: error: bernoulli: p must be a probability from 0 to 1, found 2" },
        { "%2:f[2,2] = call @k(%0)", "t.ir:6:18: error: @k is not defined" },
        { "barrier", "t.ir:6:1: error: barrier stands from the stage schedule on" },
        { "assign %0, %0", "t.ir:6:1: error: assign: operand 1 must be a tensor, as in `assign "
                           "$lstm.kernel, %90`" },
        { "%2:f[2,2] = grad %0, %0", "t.ir:6:13: error: grad: operand 2 must be a parameter, as "
                                     "in `grad %5, $lstm.kernel`" },
        { "%2:f[2,2] = grad %0, $w", "t.ir:6:13: error: grad: the loss must be one real number, "
                                     "found f[2,2]" },
        { "%2:f[2,2] = neg %0 oops",
          "t.ir:6:20: error: expected the end of the line, found `oops`" },
        { "assign $w, %0\n%2:f[2,2] = neg $w",
          "t.ir: error: program p, %2 = neg: $w is used after it was assigned" },
        { "%2:f[1,2] = rows $w {start=0 stop=1}\nassign $w, %0\n%3:f[1,2] = neg %2",
          "t.ir: error: program p, %3 = neg: $w is used after it was assigned" },
        { "assign $w, %0\nassign $w, %0",
          "t.ir: error: program p, assign: $w is used after it was assigned" },
        { "result %0 {name=x}\nresult %0 {name=x}",
          "t.ir: error: program p, result: the result x is given twice" },
        { "check %0 {name=v}", "t.ir: error: program p, check: $v is no parameter" },
        { "%2:d[] = input {name=update}\ncheck %2 {name=w}",
          "t.ir:7:1: error: check: operand 1 must hold real numbers, found d[]" },
        { "%2:d[] = input {name=update}\nresult %2 {name=x}",
          "t.ir:7:1: error: result: operand 1 must lie in memory, found d[], which the host "
          "computes" },
        { "}\nprogram p {", "t.ir:7:9: error: program p is defined twice" },
        { "%66000:f[2,2] = neg %0", "t.ir:4:1: error: the ids of this block are spread too far" },
    };
    ASSERT_FAULTS(cases,
                  "lstmc-ir 1 trace\nmodel m float32\nparam $w f[2,2]\nprogram p {\n"
                  "%0:f[2,2] = input {name=x}\n",
                  "}\nend\n");
}

static void kernels(void **state)
{
    (void)state;
    static const struct fault cases[] = {
        { "return %9", "t.ir:7:8: error: %9 is not defined before its use" },
        { "%3:f[2,2] = add %0, $w\nreturn %3",
          "t.ir:7:13: error: add: a kernel sees its parameters only, found $w" },
        { "%3:f[2,1] = sum %0 {axis=1}\nreturn %0",
          "t.ir:7:13: error: sum cannot stand in a kernel" },
        { "%3:f[2,2] = neg %0\n%4:f[2,2] = matmul %3, %0\nreturn %4",
          "t.ir:8:13: error: matmul: in a kernel its operands must be parameters" },
        { "%3:f[2,2] = matmul %0, %0\n%4:f[2,2] = matmul %0, %0\nreturn %4",
          "t.ir: error: kernel k: holds more than one product" },
        { "%3:b[2,2] = bernoulli {stream=1 t=0 p=1}\nreturn %3",
          "t.ir:7:13: error: bernoulli: in a kernel the time step comes from the call" },
        { "%3:f[4,1] = const {value=1}\nreturn %0",
          "t.ir:7:13: error: const: f[4,1] does not fit the kernel's space f[2,2]" },
        { "return %1", "t.ir: error: kernel k: returns f[1,2] over the space f[2,2]" },
        { "return %0", "t.ir: error: kernel k: returns %0, its own parameter" },
        { "", "t.ir:4:8: error: this kernel has no `return`" },
        { "return %0\n%4:f[2,2] = neg %0",
          "t.ir:8:1: error: nothing follows `return` in a kernel" },
        { "%4:f[2,2] = neg %0\nparam %5:f[2,2]\nreturn %4",
          "t.ir:8:6: error: the parameters of a kernel stand before its nodes" },
    };
    ASSERT_FAULTS(cases,
                  "lstmc-ir 1 trace\nmodel m float32\nparam $w f[2,2]\nkernel @k f[2,2] {\n"
                  "param %0:f[2,2]\nparam %1:f[1,2]\n",
                  "}\nend\n");
}

static void products_of_kernels(void **state)
{
    (void)state;
    static const struct fault cases[] = {
        { "%3:f[64,64] = matmul %1, %1 {ta}\n%4:f[64,64] = neg %3\nreturn %4",
          "t.ir:7:15: error: matmul: a kernel's product is a matmul whose right operand lies in "
          "panels, or "
          "one of many rows and terms" },
        { "%3:f[64,64] = matmul %0, %0 {ta}\n%4:f[64,64] = neg %3\nreturn %4",
          "t.ir: error: kernel k, %3 = matmul: its sums are no result of the kernel" },
        { "%3:f[64,64] = matmul %1, %2\n%4:f[64,64] = neg %3\nreturn %3, %4",
          "t.ir: error: kernel k, %3 = matmul: its sums are a result of the kernel" },
    };
    ASSERT_FAULTS(cases,
                  "lstmc-ir 1 schedule\nmodel m float32\nkernel @k f[64,64] {\n"
                  "param %0:f[128,64]\nparam %1:f[64,64]\nparam %2:f[64,64]:1x16\n",
                  "}\nend\n");
}

static void calls(void **state)
{
    (void)state;
    static const struct fault cases[] = {
        { "%2:f[2,2], %3:b[2,2] = call @k(%0) {t=0}",
          "t.ir:13:24: error: call: @k takes 2 operands and gives 2 results, found 1 and 2" },
        { "%2:f[2,2], %3:b[2,2] = call @k(%0, %0) {t=0}",
          "t.ir:13:24: error: call: operand 2 of @k is f[1,2], found f[2,2]" },
        { "%2:f[2,2], %3:f[2,2] = call @k(%0, $w) {t=0}",
          "t.ir:13:24: error: call: result 2 of @k is b[2,2], found f[2,2]" },
        { "%2:f[2,2], %3:b[2,2] = call @k(%0, $w)",
          "t.ir:13:24: error: call: @k has random bits and needs the time step t" },
        { "%2:f[2,2] = neg %0",
          "t.ir:13:13: error: neg of f[2,2] stands outside a kernel, from the stage opt on only "
          "doubles do" },
    };
    ASSERT_FAULTS(cases,
                  "lstmc-ir 1 opt\nmodel m float32\nparam $w f[2]\nkernel @k f[2,2] {\n"
                  "param %0:f[2,2]\nparam %1:f[1,2]\n%2:b[2,2] = bernoulli {stream=1 p=1}\n"
                  "%3:f[2,2] = neg %0\nreturn %3, %2\n}\nprogram p {\n%0:f[2,2] = input {name=x}\n",
                  "}\nend\n");
}

static void panels(void **state)
{
    (void)state;
    static const struct fault in_programs[] = {
        { "%1:f[16,32] = call @k($w)",
          "t.ir:11:15: error: call: result 1 of @k is f[16,32]:2x16, found f[16,32]" },
        { "%1:f[4,32] = matmul %0, $w",
          "t.ir:11:14: error: matmul: operand 2 lies in parts, which only kernels read" },
        { "%1:f[1,32] = sum $w {axis=0}",
          "t.ir:11:14: error: sum: operand 1 lies in panels, which only a product reads" },
        { "%1:f[16,32]:1x16 = pack $w",
          "t.ir:11:20: error: pack: operand 1 lies in panels, which only a product reads" },
        { "%1:f[16,32] = input {name=y}\nassign $w, %1",
          "t.ir:12:1: error: assign: $w is f[16,32]:2x16 and its new value f[16,32]" },
        { "%1:f[16,32]:2x8 = pack $w {ta}",
          "t.ir:11:19: error: pack gives f[32,16]:2x8, not f[16,32]:2x8" },
        { "%1:f[16,32]:1x16 = input {name=y}", "t.ir:11:20: error: input gives f[16,32]:1x16: pack "
                                               "gives panels, or a kernel over a space in panels" },
        { "}\nprogram sample {", "t.ir: error: tensors: some lie in panels: then predictions must "
                                 "read a weight packed, and what they read so in no other way" },
    };
    ASSERT_FAULTS(
        in_programs,
        "lstmc-ir 1 opt\nmodel m float32\nparam $w f[16,32]:2x16\nkernel @k f[16,32]:2x16 {\n"
        "param %0:f[16,32]:2x16\n%1:f[16,32]:2x16 = neg %0\nreturn %1\n}\n"
        "program p { \n%0:f[4,16] = input {name=x}\n",
        "}\nend\n");
    static const struct fault in_kernels[] = {
        { "%3:f[16,32] = neg %0\nreturn %3",
          "t.ir:6:15: error: neg gives f[16,32] in a kernel over the space f[16,32]:2x16" },
        { "%3:f[16,32]:2x16 = add %0, %1\nreturn %3",
          "t.ir:6:20: error: add: operand 2 is f[1,32] in a kernel over the space f[16,32]:2x16" },
        { "%3:b[16,32]:2x16 = bernoulli {stream=1 p=1}\nreturn %0",
          "t.ir:6:20: error: bernoulli cannot stand in a kernel over the space f[16,32]:2x16" },
        { "%3:b[16,32]:2x16 = lt %0, %0\nreturn %3",
          "t.ir: error: kernel k: returns other than numbers over a space in panels" },
    };
    ASSERT_FAULTS(in_kernels,
                  "lstmc-ir 1 opt\nmodel m float32\nkernel @k f[16,32]:2x16 {\n"
                  "param %0:f[16,32]:2x16\nparam %1:f[1,32]\n",
                  "}\nend\n");
    static const struct fault of_tensors[] = {
        { "param $w f[16,32]:2x8",
          "t.ir: error: tensors: $w is f[16,32]:2x8, expected a matrix in panels of 16 columns" },
        { "param $w f[32]:2x16",
          "t.ir: error: tensors: $w is f[32]:2x16, expected a matrix in panels of 16 columns" },
        { "carried $w f[16,32]:2x16", "t.ir: error: tensors: $w must lie in plain rows" },
        { "kernel @k f[16,32]:2x8 {\nparam %0:f[16,32]:2x8\nreturn %0\n}",
          "t.ir: error: kernel k: is over f[16,32]:2x8, expected a matrix in panels of 16 "
          "columns" },
    };
    ASSERT_FAULTS(of_tensors, "lstmc-ir 1 opt\nmodel m float32\n", "end\n");
    static const struct fault of_columns[] = {
        { "param $u f[2,4] as $v cols 0 4", "t.ir:4:20: error: no tensor $v stands before it" },
        { "param $u f[2,4] as $u cols 0 4", "t.ir:4:20: error: no tensor $u stands before it" },
        { "param $u f[2,4] as $w cols 0 5",
          "t.ir:4:30: error: expected 4, the end of so many columns" },
        { "param $u f[2,4] as $w cols 0 4",
          "t.ir: error: tensors: $w is more than columns of others" },
        { "param $u f[2,8] as $w cols 1 9",
          "t.ir: error: tensors: $u begins with column 1 of $w, expected 0" },
        { "state $u f[2,8] as $w cols 0 8", "t.ir: error: tensors: $u cannot be columns of $w" },
        { "param $u f[1,8] as $w cols 0 8", "t.ir: error: tensors: $u cannot be columns of $w" },
        { "param $u f[2,8] as $w cols 0 8\nprogram p {\n%0:f[2,4] = cols $u {start=0 stop=4}\n}",
          "t.ir: error: program p, %0 = cols: $u is read as columns of $w" },
    };
    ASSERT_FAULTS(of_columns, "lstmc-ir 1 opt\nmodel m float32\nparam $w f[2,8]\n", "end\n");
    assert_fault("lstmc-ir 1 trace\nmodel m float32\nparam $w f[16,32]:2x16\nend\n",
                 "t.ir: error: tensors: $w must lie in plain rows");
    assert_fault("lstmc-ir 1 schedule\nmodel m float32\nparam $w f[16,32]:2x16\n"
                 "kernel @k f[16,32]:2x16 {\nparam %0:f[16,32]:2x16\n%1:f[16,32]:2x16 = neg %0\n"
                 "return %1\n}\nprogram p {\n%0:f[16,32]:2x16 = call @k($w) on rows 4x8\n}\nend\n",
                 "t.ir: error: program p, %0 = call: cuts panels");
}

static int count(const char *text, const char *word)
{
    int n = 0;
    for (const char *s = text; (s = strstr(s, word)) != NULL; s++)
        n++;
    return n;
}

static void several_errors_in_one_run(void **state)
{
    (void)state;
    struct captured c = capture(read_and_check, "lstmc-ir 1 trace\nmodel m float32\ntitle 5\n"
                                                "program p {\n"
                                                "%0:f[2,2] = inptu {name=x}\n"
                                                "%1:f[2,2] = neg %0\n" /* %0 is known by its type */
                                                "%2:f[2,3] = neg %1\n"
                                                "end\n");
    assert_int_equal(count(c.text, ": error: "), 5);
    assert_non_null(strstr(c.text, "t.ir:3:7: error: expected `\"`, found `5`"));
    assert_non_null(strstr(c.text, "t.ir:5:13: error: expected an operation, found `inptu`"));
    assert_non_null(strstr(c.text, "t.ir:7:13: error: neg gives f[2,2], not f[2,3]"));
    assert_non_null(strstr(c.text, "t.ir:4:1: error: the block that begins here has no end"));
}

/* Whatever byte is cut off or changed: an answer, no crash. (The sanitizer builds run this too.) */
static void broken_texts(void **state)
{
    (void)state;
    static const char text[] =
        "lstmc-ir 1 plan\nmodel m float32\ntitle \"a\\x41\"\nsymbols 1 2\ncased 1..2\n"
        "param $w f[2,2]:1x8 init zeros 0 0 cols 0 2 stream 1 in param+0:2\n"
        "kernel @k f[2,2] {\nparam %0:f[2,2]\nreturn %0\n}\nprogram p {\n"
        "%0:f[2,2] in work+0:2 = call @k($w) {t=0} on rows 2x1 !.3b\n}\nlines\n"
        "node p 0 \"x\" 1 1\nend\n";
    int devnull = dup(STDERR_FILENO);
    assert_non_null(freopen("/dev/null", "w", stderr));
    for (size_t i = 0; i < sizeof text; i++) {
        char copy[sizeof text];
        static const char bytes[] = "\0\n \"%$@{}[]:,=!.-0129ax\xff";
        struct arena *a = arena_new();
        module_read(a, "t.ir", text, i);
        for (size_t k = 0; k < sizeof bytes - 1; k++) {
            memcpy(copy, text, sizeof text);
            copy[i] = bytes[k];
            module_read(a, "t.ir", copy, sizeof text - 1);
        }
        arena_free(a);
    }
    fflush(stderr);
    dup2(devnull, STDERR_FILENO);
    close(devnull);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_lines),
        cmocka_unit_test(heads),
        cmocka_unit_test(nodes),
        cmocka_unit_test(kernels),
        cmocka_unit_test(products_of_kernels),
        cmocka_unit_test(calls),
        cmocka_unit_test(panels),
        cmocka_unit_test(several_errors_in_one_run),
        cmocka_unit_test(broken_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
