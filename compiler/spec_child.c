/* The child's side of the fence: limits, a Lua state that can do no more than reckon, and the road
 * of every error to the parent. Nothing is cleaned up: a __gc or a slow close would be the spec's
 * last word. */
#include "spec_child.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

struct spec *spec_of(lua_State *L)
{
    return *(struct spec **)lua_getextraspace(L);
}

/* ---- the fence ------------------------------------------------------------------------------- */

/* Sanitizers reserve terabytes of addresses: their builds keep the allocator's cap alone. */
static void put_up_fence(void)
{
    const struct rlimit none = { 0, 0 }, cpu = { SPEC_CPU_SECONDS, SPEC_CPU_SECONDS + 1 };
    const rlim_t bytes = (rlim_t)SPEC_MEMORY_MB << 20;
    const struct rlimit memory = { bytes, bytes };
    int nothing = open("/dev/null", O_RDWR);
    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(nothing, STDOUT_FILENO) < 0)
        die("/dev/null: %s", strerror(errno));
    if (setrlimit(RLIMIT_CPU, &cpu) != 0 || setrlimit(RLIMIT_FSIZE, &none) != 0 ||
        setrlimit(RLIMIT_CORE, &none) != 0 || (!SANITIZED && setrlimit(RLIMIT_AS, &memory) != 0))
        die("setrlimit: %s", strerror(errno));
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        die("prctl: %s", strerror(errno));
}

static void *allocate(void *self, void *block, size_t old, size_t new)
{
    struct spec *s = self;
    old = block ? old : 0; /* for a new block Lua passes its kind instead */
    if (new > old && s->heap - old + new > (size_t)SPEC_LUA_MB << 20)
        return NULL;
    if (new == 0) {
        free(block);
        s->heap -= old;
        return NULL;
    }
    void *moved = realloc(block, new);
    if (moved)
        s->heap += new - old;
    return moved;
}

/* ---- the pipe -------------------------------------------------------------------------------- */

static void write_all(int fd, const char *s, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, s, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            _exit(EXIT_INTERNAL);
        s += done;
        n -= (size_t)done;
    }
}

void spec_send(const struct spec *s, enum frame tag, const char *bytes, size_t n)
{
    char head[32];
    int length = snprintf(head, sizeof head, "%c %zu\n", tag, n);
    write_all(s->job->out, head, (size_t)length);
    write_all(s->job->out, bytes, n);
    write_all(s->job->out, "\n", 1);
}

/* ---- loading --------------------------------------------------------------------------------- */

void spec_load(lua_State *L, const char *name, const char *text, size_t length)
{
    struct spec *s = spec_of(L);
    const char bom[] = "\xEF\xBB\xBF";
    char chunk[16];
    int file = s->file_count;
    if (file == SPEC_MAX_FILES)
        spec_fail(L, -1, "more than %d Lua files", SPEC_MAX_FILES);
    const char *zero = memchr(text, '\0', length);
    if (zero)
        spec_fail(L, -1, "%s is no text: its byte at offset %zu is zero", name,
                  (size_t)(zero - text));
    s->files[s->file_count++] = name;
    if (length >= 3 && memcmp(text, bom, 3) == 0) {
        text += 3;
        length -= 3;
    }
    lexemes_add(&s->lexemes, file, text, length);
    snprintf(chunk, sizeof chunk, "=#%d", file);
    int status = luaL_loadbufferx(L, text, length, chunk, "t");
    if (status == LUA_ERRSYNTAX) {
        spec_explain_syntax(L, file);
        spec_abort(L);
    }
    if (status != LUA_OK)
        lua_error(L);
    lua_insert(L, -2);
    lua_setupvalue(L, -2, 1);
}

/* ---- the library ----------------------------------------------------------------------------- */

static const char *next_line(lua_State *L, void *self, size_t *length)
{
    const char *const **line = self;
    (void)L;
    const char *s = *(*line);
    *length = s ? strlen(s) : 0;
    *line += s != NULL;
    return s;
}

static const struct library_file *find_library_file(const char *name)
{
    for (const struct library_file *f = library_files; f->name; f++)
        if (strcmp(f->name, name) == 0)
            return f;
    return NULL;
}

/* import "layer": what compiler/lua/layer.lua returns; it runs once. */
static int import(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, "imported");
    if (lua_getfield(L, -1, name) != LUA_TNIL)
        return 1;
    lua_pop(L, 1);
    const struct library_file *f = find_library_file(name);
    if (!f)
        return luaL_error(L, "the library has no file %s", name);
    const char *const *line = f->lines;
    lua_pushfstring(L, "=%s.lua", name);
    if (lua_load(L, next_line, &line, lua_tostring(L, -1), "t") != LUA_OK)
        return lua_error(L);
    lua_call(L, 0, 1);
    lua_pushvalue(L, -1);
    lua_setfield(L, 2, name);
    return 1;
}

/* Of Lua's own libraries those that reckon; what a spec sees of them is chosen in
 * compiler/lua/environment.lua. */
static void open_libraries(lua_State *L)
{
    static const luaL_Reg libraries[] = {
        { LUA_GNAME, luaopen_base },        { LUA_TABLIBNAME, luaopen_table },
        { LUA_STRLIBNAME, luaopen_string }, { LUA_MATHLIBNAME, luaopen_math },
        { LUA_UTF8LIBNAME, luaopen_utf8 },
    };
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        luaL_requiref(L, libraries[i].name, libraries[i].func, 1);
        lua_pop(L, 1);
    }
    lua_register(L, "import", import);
    lua_newtable(L);
    spec_open_bindings(L);
    spec_open_facts(L);
    spec_open_tensors(L);
    spec_open_operations(L);
    lua_setglobal(L, "lstmc");
}

/* Runs the spec and traces its model: compiler/lua/main.lua. */
static int protected_main(lua_State *L)
{
    open_libraries(L);
    lua_settop(L, 0);
    lua_pushcfunction(L, import);
    lua_pushliteral(L, "main");
    lua_call(L, 1, 0);
    return 0;
}

static void send_module(const struct spec *s)
{
    struct buffer text = { .arena = s->arena };
    module_write(s->module, &text, WRITE_LINES);
    spec_send(s, FRAME_MODULE, text.text, text.length);
}

_Noreturn void spec_child(const struct spec_job *job)
{
    struct spec *s = arena_alloc(job->arena, sizeof *s);
    *s = (struct spec){ .job = job, .arena = job->arena, .lexemes.arena = job->arena, .t = -1 };
    s->module = module_new(s->arena);
    put_up_fence();
    lua_State *L = lua_newstate(allocate, s);
    if (!L)
        die("no Lua state");
    *(struct spec **)lua_getextraspace(L) = s;
    lua_pushcfunction(L, spec_on_error);
    lua_pushcfunction(L, protected_main);
    int status = lua_pcall(L, 0, 0, 1);
    if (status == LUA_ERRMEM)
        spec_report(s, SEVERITY_ERROR, 0,
                    arena_printf(s->arena, "memory limit: the spec needs more than %d MB for Lua",
                                 SPEC_LUA_MB));
    else if (status != LUA_OK && s->errors == 0)
        spec_report(s, SEVERITY_ERROR, 0, "the spec failed, and so did the report of its error");
    if (s->errors == 0)
        send_module(s);
    _exit(EXIT_DONE);
}
