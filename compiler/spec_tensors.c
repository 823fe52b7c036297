/* Tensors in Lua: a tensor is a pointer to a value of the IR. What can be asked of one, and how
 * parameters and states are made. */
#include "spec_child.h"
#include <string.h>

void spec_push_tensor(lua_State *L, struct value *v, const struct program *home, int64_t width)
{
    struct spec_tensor *t = lua_newuserdatauv(L, sizeof *t, 0);
    *t = (struct spec_tensor){ v, home, width };
    luaL_setmetatable(L, SPEC_TENSOR);
}

struct spec_tensor *spec_check_tensor(lua_State *L, int index, const char *who, int operand)
{
    struct spec_tensor *t = luaL_testudata(L, index, SPEC_TENSOR);
    if (!t)
        spec_fail(L, -1, "%s: operand %d must be a tensor, found %s", who, operand,
                  luaL_typename(L, index));
    else if (t->home && t->home != spec_of(L)->program)
        spec_fail(L, -1,
                  "%s: operand %d is a value of another program: keep no tensors from one call of "
                  "a layer to the next",
                  who, operand);
    return t;
}

/* ---- asking a tensor ------------------------------------------------------------------------- */

/* is_tensor(x) */
static int is_tensor(lua_State *L)
{
    lua_pushboolean(L, luaL_testudata(L, 1, SPEC_TENSOR) != NULL);
    return 1;
}

/* rank(x) */
static int rank_of(lua_State *L)
{
    lua_pushinteger(L, spec_check_tensor(L, 1, "rank", 1)->value->type.shape.rank);
    return 1;
}

/* size(x, axis): axes count from 1, or back from -1. */
static int size_of(lua_State *L)
{
    const struct spec_tensor *t = spec_check_tensor(L, 1, "size", 1);
    const struct shape *shape = &t->value->type.shape;
    lua_Integer axis = luaL_checkinteger(L, 2);
    axis = axis < 0 ? shape->rank + axis : axis - 1;
    if (axis < 0 || axis >= shape->rank)
        return spec_fail(L, -1, "a tensor of %d axes has no axis %d", shape->rank,
                         (int)lua_tointeger(L, 2));
    lua_pushinteger(L, t->width > 0 && axis == shape->rank - 1 ? t->width : shape->dim[axis]);
    return 1;
}

/* elem(x): f, d, i, b; one-hot rows are numbers. */
static int elem_of(lua_State *L)
{
    const struct spec_tensor *t = spec_check_tensor(L, 1, "elem", 1);
    lua_pushlstring(L, &elem_letters[t->width > 0 ? ELEM_REAL : t->value->type.elem], 1);
    return 1;
}

/* index(x): the indices behind one-hot rows; nil for anything else. */
static int index_of(lua_State *L)
{
    const struct spec_tensor *t = spec_check_tensor(L, 1, "index", 1);
    if (t->width > 0)
        spec_push_tensor(L, t->value, t->home, 0);
    else
        lua_pushnil(L);
    return 1;
}

/* hot(x, width): indices as one-hot rows. */
static int hot_of(lua_State *L)
{
    const struct spec_tensor *t = spec_check_tensor(L, 1, "hot", 1);
    spec_push_tensor(L, t->value, t->home, luaL_checkinteger(L, 2));
    return 1;
}

/* name(x): of a parameter or state, else nil */
static int name_of(lua_State *L)
{
    const struct spec_tensor *t = spec_check_tensor(L, 1, "name", 1);
    lua_pushstring(L, t->value->tensor ? t->value->tensor->name : NULL);
    return 1;
}

int spec_tensor_text(lua_State *L)
{
    const struct spec_tensor *t = luaL_checkudata(L, 1, SPEC_TENSOR);
    lua_pushfstring(L, "tensor %s", type_text(spec_of(L)->arena, t->value->type));
    return 1;
}

/* ---- parameters and states ------------------------------------------------------------------- */

static enum init_kind check_init_kind(lua_State *L)
{
    const char *word = luaL_checkstring(L, -1);
    int k = 0;
    while (init_words[k] && strcmp(init_words[k], word) != 0)
        k++;
    if (!init_words[k])
        luaL_error(L, "unknown initialiser %s", word);
    return (enum init_kind)k;
}

static lua_Number number_field(lua_State *L, const char *key)
{
    lua_getfield(L, -1, key);
    lua_Number x = luaL_checknumber(L, -1);
    lua_pop(L, 1);
    return x;
}

/* From { kind, a, b, start, stop, stream } at the top of the stack. */
static struct init read_init(lua_State *L)
{
    struct init init = { .a = number_field(L, "a"),
                         .b = number_field(L, "b"),
                         .start = (int64_t)number_field(L, "start") };
    init.stop = (int64_t)number_field(L, "stop");
    init.stream = (int)number_field(L, "stream");
    lua_getfield(L, -1, "kind");
    init.kind = check_init_kind(L);
    lua_pop(L, 1);
    return init;
}

static void read_inits(lua_State *L, struct tensor *t, int index)
{
    lua_getfield(L, index, "inits");
    luaL_checktype(L, -1, LUA_TTABLE);
    t->init_count = (int)lua_rawlen(L, -1);
    t->inits = arena_new_array(spec_of(L)->arena, struct init, t->init_count);
    for (int i = 0; i < t->init_count; i++) {
        lua_rawgeti(L, -1, i + 1);
        t->inits[i] = read_init(L);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static const char *string_field(lua_State *L, int index, const char *key)
{
    size_t n;
    lua_getfield(L, index, key);
    const char *s = luaL_checklstring(L, -1, &n);
    s = arena_copy(spec_of(L)->arena, s, n);
    lua_pop(L, 1);
    return s;
}

/* new_tensor(kind, { name, layer, dims, inits }): kind is param, state or carried. */
static int new_tensor(lua_State *L)
{
    struct spec *s = spec_of(L);
    int kind = luaL_checkoption(L, 1, NULL, tensor_words);
    lua_settop(L, 2);
    struct type type = spec_type(L, 2), out;
    const char *fault = infer_type(s->arena, OP_CONST, NULL, 0, NULL, 0, type, &out);
    if (fault)
        return spec_fail(L, -1, "%s: %s", string_field(L, 2, "name"), strchr(fault, ' ') + 1);
    if (++s->tensors > SPEC_MAX_TENSORS)
        return spec_fail(L, -1, "memory limit: the model has more than %d parameters and states",
                         SPEC_MAX_TENSORS);
    struct tensor *t =
        tensor_add(s->module, (enum tensor_kind)kind, string_field(L, 2, "name"), type);
    t->layer = string_field(L, 2, "layer");
    read_inits(L, t, 2);
    spec_push_tensor(L, &t->value, NULL, 0);
    return 1;
}

/* find_tensor(name): nil if there is none. */
static int find_tensor(lua_State *L)
{
    struct tensor *t = tensor_find(spec_of(L)->module, luaL_checkstring(L, 1));
    if (t)
        spec_push_tensor(L, &t->value, NULL, 0);
    else
        lua_pushnil(L);
    return 1;
}

/* weights(): the names of all parameters, in the order in which they were made */
static int list_weights(lua_State *L)
{
    lua_newtable(L);
    for (const struct tensor *t = spec_of(L)->module->tensors; t; t = t->next)
        if (t->kind == TENSOR_PARAM) {
            lua_pushstring(L, t->name);
            lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
        }
    return 1;
}

static const luaL_Reg functions[] = {
    { "is_tensor", is_tensor },
    { "rank", rank_of },
    { "size", size_of },
    { "elem", elem_of },
    { "index", index_of },
    { "hot", hot_of },
    { "name", name_of },
    { "new_tensor", new_tensor },
    { "find_tensor", find_tensor },
    { "weights", list_weights },
    { NULL, NULL },
};

void spec_open_tensors(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
}
