/* Operations for Lua: `lstmc.ops.NAME(operand, ..., { attribute = value })`, one function for every
 * row of ops.def, adds a node to the program being traced and returns its value as a tensor; shapes
 * are checked by infer_type. */
#include "spec_child.h"
#include <string.h>

/* ---- nodes ----------------------------------------------------------------------------------- */

/* The line of the spec that made a node; the library's nodes have their layer's, which stands in
 * the scope. */
static struct source_line line_of_node(lua_State *L)
{
    const struct spec *s = spec_of(L);
    return s->users_code ? spec_line(s, spec_line_place(L)) : (struct source_line){ 0 };
}

/* The new node's value; NULL if the operation has none. Wrong shapes are the spec's fault. */
static struct value *add_node(lua_State *L, enum op op, struct value **args, int n,
                              const struct attr *attrs, int attr_count, struct type given)
{
    enum { FEW = 4 };
    struct spec *s = spec_of(L);
    struct type few[FEW], out, *types = n <= FEW ? few : arena_new_array(s->arena, struct type, n);
    for (int i = 0; i < n; i++)
        types[i] = args[i]->type;
    const char *fault = infer_type(s->arena, op, types, n, attrs, attr_count, given, &out);
    if (fault)
        spec_fail(L, -1, "%s", fault);
    if (++s->nodes > SPEC_MAX_NODES)
        spec_fail(L, -1, "memory limit: the model has more than %d operations", SPEC_MAX_NODES);
    struct list list = program_list(s->program);
    struct node *node = node_new(list, op, n, op_has_value(op), attr_count);
    for (int i = 0; i < n; i++)
        node->args[i] = args[i];
    for (int i = 0; i < attr_count; i++)
        node->attrs[i] = attrs[i];
    node->scope = s->scope;
    node->t = s->t;
    node->part = s->part;
    node->line = line_of_node(L);
    node_insert(list, node, NULL);
    if (!op_has_value(op))
        return NULL;
    node->results[0]->type = out;
    return node->results[0];
}

static struct value *add_const(lua_State *L, double x, enum elem elem)
{
    const struct attr value = attr_make_num("value", x);
    return add_node(L, OP_CONST, NULL, 0, &value, 1, type_scalar(elem));
}

/* Rows of one-hot numbers from their indices. */
static struct value *add_onehot(lua_State *L, const struct spec_tensor *t)
{
    const struct attr width = attr_make_int("width", t->width);
    struct value *index = t->value;
    struct value *bits = add_node(L, OP_ONEHOT, &index, 1, &width, 1, type_scalar(ELEM_REAL));
    struct value *args[] = { bits, add_const(L, 1, ELEM_REAL), add_const(L, 0, ELEM_REAL) };
    return add_node(L, OP_SELECT, args, 3, NULL, 0, type_scalar(ELEM_REAL));
}

/* ---- operands and attributes ----------------------------------------------------------------- */

/* `n` operands, on the stack from `base` on. width > 0: all are one-hot rows of that width, and the
 * operation keeps them so. */
struct operands {
    const char *who;
    int n, base;
    struct value **values;
    int64_t width;
};

/* Slices and stacks of one-hot rows are one-hot rows. */
static bool keeps_rows(enum op op)
{
    return op == OP_ROWS || op == OP_CONCAT;
}

/* Numbers among the operands are doubles beside nothing but doubles. */
static enum elem elem_of_numbers(lua_State *L, const struct operands *x)
{
    bool doubles = false;
    for (int i = 0; i < x->n; i++) {
        const struct spec_tensor *t = luaL_testudata(L, x->base + i, SPEC_TENSOR);
        if (t && t->value->type.elem == ELEM_REAL)
            return ELEM_REAL;
        doubles |= t && t->value->type.elem == ELEM_DOUBLE;
    }
    return doubles ? ELEM_DOUBLE : ELEM_REAL;
}

/* The parameter or state whose elements a value shows; NULL if it has its own. */
static const struct tensor *shown_tensor(const struct value *v)
{
    while (!v->tensor && op_table[v->def->op].class == CLASS_VIEW)
        v = v->def->args[0];
    return v->tensor;
}

/* The registry knows by a tensor in which program it was assigned last. */
static void mark_overwritten(lua_State *L, const struct tensor *t)
{
    lua_pushlightuserdata(L, spec_of(L)->program);
    lua_rawsetp(L, LUA_REGISTRYINDEX, t);
}

static void refuse_overwritten(lua_State *L, const struct operands *x, int i,
                               const struct tensor *t)
{
    if (t && lua_rawgetp(L, LUA_REGISTRYINDEX, t) == LUA_TLIGHTUSERDATA &&
        lua_touserdata(L, -1) == spec_of(L)->program)
        spec_fail(L, -1,
                  "%s: operand %d has its next value already: use it before it is kept or carried",
                  x->who, i + 1);
    lua_pop(L, t != NULL);
}

static struct value *read_operand(lua_State *L, enum op op, const struct operands *x, int i,
                                  enum elem elem)
{
    int index = x->base + i;
    if (op_is_elementwise(op) && lua_type(L, index) == LUA_TNUMBER)
        return add_const(L, lua_tonumber(L, index), elem);
    const struct spec_tensor *t = spec_check_tensor(L, index, x->who, i + 1);
    refuse_overwritten(L, x, i, shown_tensor(t->value));
    return t->width > 0 && x->width == 0 ? add_onehot(L, t) : t->value;
}

/* The operands of a variadic operation stand in a list, which is spread over the stack. */
static void spread_list(lua_State *L, struct operands *x)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    x->n = (int)lua_rawlen(L, 1);
    x->base = lua_gettop(L) + 1;
    luaL_checkstack(L, x->n + LUA_MINSTACK, "operands");
    for (int i = 1; i <= x->n; i++)
        lua_rawgeti(L, 1, i);
}

static int64_t common_width(lua_State *L, enum op op, const struct operands *x)
{
    int64_t width = 0;
    for (int i = 0; i < x->n && keeps_rows(op); i++) {
        const struct spec_tensor *t = luaL_testudata(L, x->base + i, SPEC_TENSOR);
        if (!t || t->width == 0 || (i > 0 && t->width != width))
            return 0;
        width = t->width;
    }
    return width;
}

static struct operands read_operands(lua_State *L, enum op op)
{
    struct spec *s = spec_of(L);
    struct operands x = { .who = op_table[op].name, .n = op_table[op].arity, .base = 1 };
    if (!s->program)
        spec_fail(L, -1,
                  "operations on tensors belong into the functions of a layer, a loss or an "
                  "optimizer");
    if (x.n < 0)
        spread_list(L, &x);
    x.width = common_width(L, op, &x);
    x.values = arena_new_array(s->arena, struct value *, x.n);
    enum elem elem = elem_of_numbers(L, &x);
    for (int i = 0; i < x.n; i++)
        x.values[i] = read_operand(L, op, &x, i, elem);
    return x;
}

static struct attr read_attr(lua_State *L, const struct attr_spec *a)
{
    size_t n;
    switch (a->kind) {
    case ATTR_INT:
        return attr_make_int(a->key, luaL_checkinteger(L, -1));
    case ATTR_NUM:
        return attr_make_num(a->key, luaL_checknumber(L, -1));
    case ATTR_FLAG:
        return attr_make_flag(a->key, lua_toboolean(L, -1));
    default:
        (void)luaL_checklstring(L, -1, &n);
        return attr_make_name(a->key, arena_copy(spec_of(L)->arena, lua_tostring(L, -1), n));
    }
}

/* From the table at `index`; a missing one is left out. */
static int read_attrs(lua_State *L, enum op op, int index, struct attr attrs[MAX_ATTRS])
{
    int n = 0;
    for (const struct attr_spec *a = attr_specs(op); a->key[0]; a++) {
        if (lua_getfield(L, index, a->key) != LUA_TNIL)
            attrs[n++] = read_attr(L, a);
        lua_pop(L, 1);
    }
    return n;
}

/* The fields `elem` (f if absent) and `dims` (none: a scalar) of the table at `index`. */
struct type spec_type(lua_State *L, int index)
{
    int64_t dims[MAX_RANK];
    int rank = 0;
    lua_getfield(L, index, "elem");
    const char *elem = strchr(elem_letters, *luaL_optstring(L, -1, "f"));
    lua_getfield(L, index, "dims");
    for (; lua_istable(L, -1) && lua_rawgeti(L, -1, rank + 1) != LUA_TNIL; rank++) {
        if (rank == MAX_RANK || !lua_isinteger(L, -1))
            spec_fail(L, -1, "a shape has at most %d sizes, all of them integers", MAX_RANK);
        dims[rank] = lua_tointeger(L, -1);
        lua_pop(L, 1);
    }
    lua_settop(L, index);
    return type_of(elem ? (enum elem)(elem - elem_letters) : ELEM_REAL, rank, dims);
}

/* A closure over an operation. */
static int make_node(lua_State *L)
{
    const enum op op = (enum op)lua_tointeger(L, lua_upvalueindex(1));
    const int table = op_table[op].arity < 0 ? 2 : op_table[op].arity + 1;
    struct attr attrs[MAX_ATTRS];
    struct type given = type_scalar(ELEM_REAL);
    int attr_count = 0;
    lua_settop(L, table);
    if (lua_istable(L, table)) {
        attr_count = read_attrs(L, op, table, attrs);
        given = spec_type(L, table);
    }
    struct operands x = read_operands(L, op);
    struct value *v = add_node(L, op, x.values, x.n, attrs, attr_count, given);
    if (op == OP_ASSIGN)
        mark_overwritten(L, x.values[0]->tensor);
    if (v)
        spec_push_tensor(L, v, spec_of(L)->program, x.width);
    return v != NULL;
}

/* The operators of tensors: from Lua's event to the operation. */
static const struct {
    const char *event;
    enum op op;
} operators[] = {
    { "__add", OP_ADD }, { "__sub", OP_SUB }, { "__mul", OP_MUL },
    { "__div", OP_DIV }, { "__pow", OP_POW }, { "__unm", OP_NEG },
};

static void push_operation(lua_State *L, enum op op)
{
    lua_pushinteger(L, op);
    lua_pushcclosure(L, make_node, 1);
}

/* Its methods are added by compiler/lua/tensor.lua. */
static void make_metatable(lua_State *L)
{
    luaL_newmetatable(L, SPEC_TENSOR);
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        push_operation(L, operators[i].op);
        lua_setfield(L, -2, operators[i].event);
    }
    lua_pushcfunction(L, spec_tensor_text);
    lua_setfield(L, -2, "__tostring");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
}

void spec_open_operations(lua_State *L)
{
    lua_newtable(L);
    for (int op = 0; op < OP_COUNT; op++) {
        push_operation(L, (enum op)op);
        lua_setfield(L, -2, op_table[op].name);
    }
    lua_setfield(L, -2, "ops");
    make_metatable(L);
    lua_setfield(L, -2, "tensor");
}
