/* The words of the text form. */
#include "ir_text.h"
#include "diag.h"
#include <string.h>

const char *const dtype_words[] = { "float32", "float64", "mixed_bfloat16", NULL };
const char *const part_words[] = { "forward", "backward", "update", NULL };
const char *const input_words[] = { "scaled", "onehot", "index", NULL };
const char *const target_words[] = { "onehot", "index", NULL };
const char *const predict_words[] = { "last", "every", NULL };
const char *const tensor_words[] = { "param", "state", "carried", NULL };
const char *const init_words[] = { "zeros",  "ones",           "constant",   "uniform",
                                   "normal", "glorot_uniform", "orthogonal", NULL };
const char *const region_words[] = { "none", "work", "param", "state", NULL };
const char *const axis_words[] = { "rows", "cols", NULL };
const char *const mode_words[] = { "stateful", "window", NULL };
const char elem_letters[] = "fdibh";

static enum attr_kind kind_of(const char *word)
{
    static const char *const words[] = { "int", "num", "name", "flag" };
    for (int i = 0; i < 4; i++)
        if (strncmp(word, words[i], strlen(words[i])) == 0)
            return (enum attr_kind)i;
    die("ops.def: unknown kind of attribute `%s`", word);
}

static void read_attr_specs(enum op op, struct attr_spec *specs)
{
    const char *s = op_table[op].attributes;
    for (int i = 0; *s; i++) {
        size_t n = strcspn(s, ":");
        if (i == MAX_ATTRS || n >= sizeof specs[i].key)
            die("ops.def: the attributes of %s do not fit", op_table[op].name);
        memcpy(specs[i].key, s, n);
        specs[i].kind = kind_of(s + n + 1);
        s += strcspn(s, " ");
        s += *s == ' ';
    }
}

/* Asked for every node that is read, checked or written: ops.def is read once. */
const struct attr_spec *attr_specs(enum op op)
{
    static struct attr_spec specs[OP_COUNT][MAX_ATTRS + 1];
    static bool known[OP_COUNT];
    if (!known[op])
        read_attr_specs(op, specs[op]);
    known[op] = true;
    return specs[op];
}
