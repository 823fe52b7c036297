/* The module as the library describes it: its facts, hypers, layers and scopes, and whom the next
 * nodes belong to. */
#include "spec_child.h"
#include <string.h>

enum fact_kind { FACT_STRING, FACT_INT, FACT_NUMBER, FACT_BOOL, FACT_WORD };

static const struct fact {
    const char *key;
    enum fact_kind kind;
    size_t offset;
    const char *const *words;
} facts[] = {
#define AT(member) offsetof(struct module, member)
    { "name", FACT_STRING, AT(name), NULL },
    { "dtype", FACT_WORD, AT(dtype), dtype_words },
    { "stateful", FACT_BOOL, AT(stateful), NULL },
    { "title", FACT_STRING, AT(title), NULL },
    { "loss", FACT_STRING, AT(loss), NULL },
    { "optimizer", FACT_STRING, AT(optimizer), NULL },
    { "data.length", FACT_INT, AT(data.length), NULL },
    { "data.stride", FACT_INT, AT(data.stride), NULL },
    { "data.input", FACT_WORD, AT(data.input), input_words },
    { "data.target", FACT_WORD, AT(data.target), target_words },
    { "data.predict", FACT_WORD, AT(data.predict), predict_words },
    { "data.samples", FACT_INT, AT(data.samples), NULL },
    { "fit.epochs", FACT_INT, AT(fit.epochs), NULL },
    { "fit.batch_size", FACT_INT, AT(fit.batch), NULL },
    { "fit.shuffle", FACT_BOOL, AT(fit.shuffle), NULL },
    { "fit.validation_split", FACT_NUMBER, AT(fit.validation_split), NULL },
    { "sample.length", FACT_INT, AT(sample.length), NULL },
    { "sample.temperature", FACT_NUMBER, AT(sample.temperature), NULL },
    { "sample.window", FACT_BOOL, AT(sample.window), NULL },
    { "sample.top_k", FACT_INT, AT(sample.top_k), NULL },
    { "sample.top_p", FACT_NUMBER, AT(sample.top_p), NULL },
#undef AT
};

static const char *copy_string(lua_State *L, int index)
{
    size_t n;
    const char *s = luaL_checklstring(L, index, &n);
    return arena_copy(spec_of(L)->arena, s, n);
}

static void set_fact(lua_State *L, const struct fact *f, void *where)
{
    _Static_assert(sizeof(enum dtype) == sizeof(int) && sizeof(enum input_kind) == sizeof(int),
                   "words are stored as int");
    switch (f->kind) {
    case FACT_STRING:
        *(const char **)where = copy_string(L, 2);
        break;
    case FACT_INT:
        *(int64_t *)where = luaL_checkinteger(L, 2);
        break;
    case FACT_NUMBER:
        *(double *)where = luaL_checknumber(L, 2);
        break;
    case FACT_BOOL:
        *(bool *)where = lua_toboolean(L, 2);
        break;
    case FACT_WORD: {
        int word = luaL_checkoption(L, 2, NULL, f->words);
        memcpy(where, &word, sizeof word);
        break;
    }
    }
}

/* set(key, value) */
static int set(lua_State *L)
{
    const char *key = luaL_checkstring(L, 1);
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        if (strcmp(facts[i].key, key) == 0) {
            set_fact(L, &facts[i], (char *)spec_of(L)->module + facts[i].offset);
            return 0;
        }
    return luaL_error(L, "the module has no fact %s", key);
}

/* add_hyper(name, value): a number that the trainer may change */
static int add_hyper(lua_State *L)
{
    struct spec *s = spec_of(L);
    struct hyper **end = &s->module->hypers, *h = arena_alloc(s->arena, sizeof *h);
    while (*end)
        end = &(*end)->next;
    *h = (struct hyper){ .name = copy_string(L, 1), .value = luaL_checknumber(L, 2) };
    *end = h;
    return 0;
}

/* add_layer(name, kind, text, output, parameters): a row of the summary */
static int add_layer(lua_State *L)
{
    struct spec *s = spec_of(L);
    struct layer **end = &s->module->layers, *l = arena_alloc(s->arena, sizeof *l);
    while (*end)
        end = &(*end)->next;
    *l = (struct layer){ .name = copy_string(L, 1),
                         .kind = copy_string(L, 2),
                         .text = copy_string(L, 3) };
    l->output = copy_string(L, 4);
    l->parameters = luaL_checkinteger(L, 5);
    *end = l;
    return 0;
}

/* add_scope(name, text, place): its number. Nodes point at scopes, so an old array stays where it
 * is. */
static int add_scope(lua_State *L)
{
    struct module *m = spec_of(L)->module;
    size_t n = (size_t)m->scope_count;
    m->scopes = arena_grow(m->arena, m->scopes, n, n + 1, sizeof *m->scopes);
    struct scope *scope = &m->scopes[m->scope_count];
    *scope = (struct scope){ .id = m->scope_count++,
                             .name = copy_string(L, 1),
                             .text = copy_string(L, 2) };
    scope->line = spec_line(spec_of(L), (int)luaL_checkinteger(L, 3));
    lua_pushinteger(L, scope->id);
    return 1;
}

/* ---- where nodes belong ---------------------------------------------------------------------- */

/* begin(program) */
static int begin(lua_State *L)
{
    struct spec *s = spec_of(L);
    s->program = program_add(s->module, copy_string(L, 1));
    return 0;
}

/* enter(scope, place, part, users_code): whom the next nodes belong to; part is forward or update
 */
static int enter(lua_State *L)
{
    struct spec *s = spec_of(L);
    lua_Integer scope = luaL_checkinteger(L, 1);
    luaL_argcheck(L, scope >= 0 && scope < s->module->scope_count, 1, "no such scope");
    s->scope = &s->module->scopes[scope];
    s->scope_place = (int)luaL_checkinteger(L, 2);
    s->part = (enum part)luaL_checkoption(L, 3, NULL, part_words);
    s->users_code = lua_toboolean(L, 4);
    s->t = -1;
    return 0;
}

/* step(t): the next nodes belong to time step t, from 0; -1: to none */
static int step(lua_State *L)
{
    spec_of(L)->t = (int)luaL_checkinteger(L, 1);
    return 0;
}

static const luaL_Reg functions[] = {
    { "set", set },
    { "add_hyper", add_hyper },
    { "add_layer", add_layer },
    { "add_scope", add_scope },
    { "begin", begin },
    { "enter", enter },
    { "step", step },
    { NULL, NULL },
};

void spec_open_facts(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
}
