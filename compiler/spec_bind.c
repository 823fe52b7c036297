/* What the library's Lua asks of C besides tensors and the module: messages and their places,
 * files, the command line, the corpus. */
#include "habits.h"
#include "spec_child.h"
#include "text.h"
#include <string.h>
#include <sys/stat.h>

/* ---- messages -------------------------------------------------------------------------------- */

/* report(severity, place, message); a loop that does nothing else is left */
static int report(lua_State *L)
{
    static const char *const words[] = { "error", "warning", "note", NULL };
    enum { ENOUGH = 100 };
    struct spec *s = spec_of(L);
    int severity = luaL_checkoption(L, 1, NULL, words);
    spec_report(s, (enum severity)severity, (int)luaL_checkinteger(L, 2), luaL_checkstring(L, 3));
    return s->errors < ENOUGH ? 0 : spec_abort(L);
}

/* fail(place, message): an error after which nothing can be said; without a place it is where the
 * spec is. */
static int fail(lua_State *L)
{
    return spec_fail(L, (int)luaL_optinteger(L, 1, -1), "%s", luaL_checkstring(L, 2));
}

/* stop(): ends the run if an error was reported. */
static int stop(lua_State *L)
{
    return spec_of(L)->errors > 0 ? spec_abort(L) : 0;
}

/* place(word): where the spec is */
static int place(lua_State *L)
{
    lua_pushinteger(L, spec_place(L, luaL_checkstring(L, 1)));
    return 1;
}

/* field(place, name), item(place, i): inside the braces behind the place */
static int field(lua_State *L)
{
    lua_pushinteger(L, lexemes_field(&spec_of(L)->lexemes, (int)luaL_checkinteger(L, 1),
                                     luaL_checkstring(L, 2)));
    return 1;
}

static int item(lua_State *L)
{
    lua_pushinteger(L, lexemes_item(&spec_of(L)->lexemes, (int)luaL_checkinteger(L, 1),
                                    (int)luaL_checkinteger(L, 2)));
    return 1;
}

/* closest(word, list): the one that was probably meant, or nil */
static int closest(lua_State *L)
{
    luaL_checktype(L, 2, LUA_TTABLE);
    int n = (int)lua_rawlen(L, 2);
    const char **words = arena_new_array(spec_of(L)->arena, const char *, n + 1);
    luaL_checkstack(L, n + LUA_MINSTACK, "words");
    for (int i = 0; i < n; i++) {
        lua_rawgeti(L, 2, i + 1);
        words[i] = luaL_checkstring(L, -1);
    }
    lua_pushstring(L, closest_word(luaL_checkstring(L, 1), words));
    return 1;
}

/* habit(word): the message about True and its like, or nil */
static int habit(lua_State *L)
{
    lua_pushstring(L, habit_of_word(luaL_checkstring(L, 1)));
    return 1;
}

/* on_error(f): f turns Lua's messages into better ones */
static int on_error(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_setfield(L, LUA_REGISTRYINDEX, "reword");
    return 0;
}

/* print(...), as Lua's, to the parent's stderr */
static int print(lua_State *L)
{
    struct spec *s = spec_of(L);
    int n = lua_gettop(L);
    luaL_Buffer line;
    luaL_buffinit(L, &line);
    for (int i = 1; i <= n; i++) {
        if (i > 1)
            luaL_addchar(&line, '\t');
        luaL_tolstring(L, i, NULL);
        luaL_addvalue(&line);
    }
    luaL_addchar(&line, '\n');
    luaL_pushresult(&line);
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    s->printed += length;
    if (s->printed > (size_t)SPEC_PRINT_KB << 10)
        return spec_fail(L, -1, "a spec may print %d KB", SPEC_PRINT_KB);
    spec_send(s, FRAME_PRINT, text, length);
    return 0;
}

/* ---- Lua files ------------------------------------------------------------------------------- */

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* load_spec(env): its chunk */
static int load_spec(lua_State *L)
{
    const struct spec_job *job = spec_of(L)->job;
    spec_load(L, last_part(job->options->input), job->text, job->length);
    return 1;
}

/* is_name(s): whether it can be one in C */
static int check_name(lua_State *L)
{
    size_t n;
    const char *s = lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &n) : NULL;
    lua_pushboolean(L, s && strlen(s) == n && is_model_name(s));
    return 1;
}

/* A Lua file of the spec's folder; the parent is sent its text, so that messages can show it. */
static char *read_lua(lua_State *L, const char *path, size_t *length)
{
    struct spec *s = spec_of(L);
    const char *why = "it is too large";
    struct stat st;
    bool large = stat(path, &st) == 0 && st.st_size > SPEC_FILE_KB * 1024;
    char *text = large ? NULL : (char *)read_regular_file(path, length, &why);
    if (!text)
        spec_fail(L, -1, "require: %s: %s", path, why);
    struct buffer frame = { .arena = s->arena };
    buffer_puts(&frame, path);
    buffer_puts(&frame, "\n");
    buffer_add(&frame, text, *length);
    spec_send(s, FRAME_LUA, frame.text, frame.length);
    return text;
}

/* load_file(name, env): the chunk of NAME.lua beside the spec */
static int load_file(lua_State *L)
{
    struct spec *s = spec_of(L);
    size_t length;
    const char *name = lua_tostring(L, 1), *folder = s->job->folder;
    if (!name || !is_model_name(name))
        return spec_fail(L, -1,
                         "require: a file is named by letters, digits and _, without its .lua");
    name = arena_printf(s->arena, "%s.lua", name);
    const char *path =
        strcmp(folder, ".") == 0 ? name : arena_printf(s->arena, "%s/%s", folder, name);
    char *text = read_lua(L, path, &length);
    lua_settop(L, 2);
    spec_load(L, name, text, length);
    return 1;
}

/* ---- what the command line says -------------------------------------------------------------- */

/* The first -D of that name, or NULL. */
static struct define *find_define(const struct spec *s, const char *name)
{
    struct define *d = s->job->options->defines;
    while (d && strcmp(d->name, name) != 0)
        d = d->next;
    return d;
}

/* define(name): the value of -D NAME=VALUE as a string, or nil */
static int define(lua_State *L)
{
    struct define *d = find_define(spec_of(L), luaL_checkstring(L, 1));
    if (d)
        d->used = true;
    lua_pushstring(L, d ? d->value : NULL);
    return 1;
}

/* check_defines(): every -D must have met its Parameter, and be the only one of it */
static int check_defines(lua_State *L)
{
    struct spec *s = spec_of(L);
    for (const struct define *d = s->job->options->defines; d; d = d->next)
        if (!d->used)
            spec_report(s, SEVERITY_ERROR, 0,
                        arena_printf(s->arena,
                                     find_define(s, d->name) == d
                                         ? "option -D %s=%s: the spec has no Parameter(\"%s\", ...)"
                                         : "option -D %s=%s: %s is given twice",
                                     d->name, d->value, d->name));
    return 0;
}

/* spec_name(): the spec's file without folder and suffix */
static int spec_name(lua_State *L)
{
    const char *name = last_part(spec_of(L)->job->options->input);
    lua_pushlstring(L, name, strcspn(name, "."));
    return 1;
}

/* ---- the corpus ------------------------------------------------------------------------------ */

static void push_symbols(lua_State *L, const struct corpus *c)
{
    char bytes[4];
    lua_createtable(L, c->symbol_count, 0);
    for (int i = 0; i < c->symbol_count; i++) {
        lua_pushlstring(L, bytes, (size_t)text_encode(c->symbols[i], bytes));
        lua_rawseti(L, -2, i + 1);
    }
}

/* corpus(name, lowercase): its number, its characters, the list of its symbols, the file as the user named it; or nil and
 * why */
static int load_corpus(lua_State *L)
{
    struct spec *s = spec_of(L);
    const struct spec_job *job = s->job;
    const struct corpus_search search = { job->options->text, job->folder, job->data_folder };
    const char *option = search.text ? "option --text: " : "";
    const char *fault;
    size_t n;
    const char *name = luaL_checklstring(L, 1, &n);
    if (s->corpus_count == SPEC_MAX_CORPORA)
        return spec_fail(L, -1, "more than %d texts", SPEC_MAX_CORPORA);
    struct corpus *c =
        corpus_read(s->arena, &search, arena_copy(s->arena, name, n), lua_toboolean(L, 2), &fault);
    if (!c) {
        lua_pushnil(L);
        lua_pushfstring(L, "%s%s", option, fault);
        return 2;
    }
    spec_send(s, FRAME_CORPUS, c->path, strlen(c->path));
    s->corpora[s->corpus_count++] = c;
    lua_pushinteger(L, s->corpus_count);
    lua_pushinteger(L, c->characters);
    push_symbols(L, c);
    lua_pushfstring(L, "%s%s", option, search.text ? search.text : name);
    return 4;
}

/* use_corpus(number): the module is about this one */
static int use_corpus(lua_State *L)
{
    struct spec *s = spec_of(L);
    lua_Integer i = luaL_checkinteger(L, 1);
    luaL_argcheck(L, i >= 1 && i <= s->corpus_count, 1, "no such corpus");
    corpus_describe(s->corpora[i - 1], &s->module->data);
    return 0;
}

static const luaL_Reg functions[] = {
    { "report", report },
    { "fail", fail },
    { "stop", stop },
    { "place", place },
    { "field", field },
    { "item", item },
    { "closest", closest },
    { "habit", habit },
    { "on_error", on_error },
    { "print", print },
    { "load_spec", load_spec },
    { "load_file", load_file },
    { "is_name", check_name },
    { "define", define },
    { "check_defines", check_defines },
    { "spec_name", spec_name },
    { "corpus", load_corpus },
    { "use_corpus", use_corpus },
    { NULL, NULL },
};

void spec_open_bindings(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
}
