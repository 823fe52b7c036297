/* Every message of the child: its place in the spec, Lua's errors in better words, and what is
 * behind a syntax error. */
#include "habits.h"
#include "spec_child.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char aborted; /* its address is the error value of what has been reported already */

/* ---- messages and their places --------------------------------------------------------------- */

enum { MAX_MESSAGE = 2000 };

static void send_message(struct spec *s, enum severity severity, struct lexeme at,
                         const char *message, size_t length)
{
    static const enum frame tags[] = { FRAME_ERROR, FRAME_WARNING, FRAME_NOTE };
    char head[64];
    int n = snprintf(head, sizeof head, "%d %d %d %d ", at.file, at.line, at.column, at.length);
    struct buffer text = { .arena = s->arena };
    buffer_add(&text, head, (size_t)n);
    buffer_add(&text, message, length < MAX_MESSAGE ? length : MAX_MESSAGE);
    spec_send(s, tags[severity], text.text, text.length);
    s->errors += severity == SEVERITY_ERROR;
}

/* The word at a place, with as much of it as stands on its line; of no place: the spec as a whole.
 */
static struct lexeme lexeme_at(const struct spec *s, int place)
{
    struct lexeme x =
        place > 0 && place < s->lexemes.count ? s->lexemes.all[place] : (struct lexeme){ 0 };
    const char *newline = x.length > 0 ? memchr(x.s, '\n', (size_t)x.length) : NULL;
    if (newline)
        x.length = (int)(newline - x.s);
    return x;
}

void spec_report(struct spec *s, enum severity severity, int place, const char *message)
{
    send_message(s, severity, lexeme_at(s, place), message, strlen(message));
}

struct source_line spec_line(const struct spec *s, int place)
{
    if (place <= 0)
        return (struct source_line){ 0 };
    const struct lexeme *x = &s->lexemes.all[place];
    return (struct source_line){ s->files[x->file], x->line, x->column };
}

/* Chunks of the spec are called #0, #1, ...; those of the library by their file. */
static int file_of_chunk(const char *name)
{
    return name[0] == '#' ? atoi(name + 1) : -1;
}

/* The innermost function of the spec that is running; its file, -1 if there is none. */
static int running_file(lua_State *L, int *line)
{
    lua_Debug frame;
    for (int level = 0; lua_getstack(L, level, &frame); level++) {
        lua_getinfo(L, "Sl", &frame);
        int file = file_of_chunk(frame.short_src);
        if (file < 0)
            continue;
        *line = frame.currentline;
        return file;
    }
    return -1;
}

int spec_line_place(lua_State *L)
{
    int line, file = running_file(L, &line);
    return file < 0 ? 0 : lexemes_line(&spec_of(L)->lexemes, file, line);
}

/* `return Model { ... }` is a tail call, which leaves no trace of its caller: the word's last place
 * will do. */
static int last_place(const struct lexemes *l, const char *word)
{
    int place = l->count - 1;
    while (place > 0 && !lexeme_is(&l->all[place], word))
        place--;
    return place > 0 ? place : 0;
}

int spec_place(lua_State *L, const char *word)
{
    struct spec *s = spec_of(L);
    int line, file = running_file(L, &line);
    return file < 0 ? last_place(&s->lexemes, word) : lexemes_call(&s->lexemes, file, line, word);
}

static void push_aborted(lua_State *L)
{
    lua_pushlightuserdata(L, (void *)(uintptr_t)&aborted);
}

int spec_abort(lua_State *L)
{
    push_aborted(L);
    return lua_error(L);
}

int spec_fail(lua_State *L, int place, const char *format, ...)
{
    struct spec *s = spec_of(L);
    char message[MAX_MESSAGE];
    va_list ap;
    va_start(ap, format);
    vsnprintf(message, sizeof message, format, ap);
    va_end(ap);
    if (place < 0)
        place = spec_line_place(L);
    spec_report(s, SEVERITY_ERROR, place == 0 ? s->scope_place : place, message);
    return spec_abort(L);
}

/* ---- errors of Lua --------------------------------------------------------------------------- */

/* Splits `CHUNK:LINE: message` off; returns the message and, of a chunk of the spec, file and line;
 * file = -1: none. */
static const char *split_prefix(const char *message, int *file, int *line)
{
    char *end;
    *file = -1;
    if (message[0] != '#')
        return message;
    long number = strtol(message + 1, &end, 10);
    long at = *end == ':' ? strtol(end + 1, &end, 10) : 0;
    if (at < 1 || strncmp(end, ": ", 2) != 0)
        return message;
    *file = (int)number;
    *line = (int)at;
    return end + 2;
}

/* Lua's words in ours: the library's function `reword`. Works on the string at the top of the
 * stack. */
static void reword(lua_State *L)
{
    if (lua_getfield(L, LUA_REGISTRYINDEX, "reword") == LUA_TFUNCTION) {
        lua_insert(L, -2);
        lua_call(L, 1, 1);
    } else {
        lua_pop(L, 1);
    }
}

/* Pushes what an error value says, and where if it knows. */
static void push_message(lua_State *L, int *file, int *line)
{
    size_t length;
    const char *whole = lua_tolstring(L, 1, &length); /* a number becomes a string */
    *file = -1;
    if (!whole) {
        lua_pushfstring(L, "an error without a message: its value is of type %s",
                        luaL_typename(L, 1));
        return;
    }
    const char *message = split_prefix(whole, file, line);
    lua_pushlstring(L, message, length - (size_t)(message - whole));
}

/* The word on the line that the message quotes first, else the line's first word. */
static int quoted_place(const struct lexemes *l, int file, int line, const char *message)
{
    const char *word = strchr(message, '`'), *end = word ? strchr(word + 1, '`') : NULL;
    int first = lexemes_line(l, file, line);
    for (int i = first;
         end && i > 0 && i < l->count && l->all[i].line == line && l->all[i].file == file; i++)
        if (l->all[i].length == end - word - 1 &&
            strncmp(l->all[i].s, word + 1, (size_t)l->all[i].length) == 0)
            return i;
    return first;
}

/* Whatever the error value is, one line about it; runs where the error was raised, so that its
 * place is still known. */
int spec_on_error(lua_State *L)
{
    struct spec *s = spec_of(L);
    int file, line = 0;
    size_t length;
    if (lua_touserdata(L, 1) == (const void *)&aborted)
        return 1;
    push_message(L, &file, &line);
    if (file < 0)
        file = running_file(L, &line);
    reword(L);
    const char *message = lua_tolstring(L, -1, &length);
    int place = file >= 0 ? quoted_place(&s->lexemes, file, line, message) : s->scope_place;
    send_message(s, SEVERITY_ERROR, lexeme_at(s, place), message, length);
    push_aborted(L); /* whoever raises it again has nothing to add */
    return 1;
}

/* ---- syntax errors --------------------------------------------------------------------------- */

static void hear_habit(void *self, int place, const char *message)
{
    spec_report(self, SEVERITY_ERROR, place, message);
}

/* The word that Lua stumbled over: the quoted one at the end of its message, on the line that it
 * names. */
static int stumbling_block(const struct spec *s, int file, int line, const char *message)
{
    const char *near = strstr(message, " near '");
    int first = lexemes_line(&s->lexemes, file, line);
    if (!near)
        return first;
    near += strlen(" near '");
    for (int i = first; i > 0 && i < s->lexemes.count && s->lexemes.all[i].line == line; i++) {
        const struct lexeme *x = &s->lexemes.all[i];
        if (x->length > 0 && strncmp(x->s, near, (size_t)x->length) == 0 && near[x->length] == '\'')
            return i;
    }
    return first;
}

/* A file that is no Lua: told as habits of Keras, as a missing comma, or in Lua's words. The
 * message lies on the stack. */
void spec_explain_syntax(lua_State *L, int file)
{
    struct spec *s = spec_of(L);
    int line = 0, same_file;
    const char *message = split_prefix(lua_tostring(L, -1), &same_file, &line);
    if (find_habits(&s->lexemes, file, (struct habit_listener){ hear_habit, s }) > 0)
        return;
    int place = stumbling_block(s, file, line, message);
    const char *comma =
        strstr(message, "'}' expected") ? find_missing_comma(&s->lexemes, place) : NULL;
    struct lexeme at = lexeme_at(s, place);
    if (place == 0) /* the end of the file, behind its last word */
        at = (struct lexeme){ .file = file, .line = line };
    const char *end = strstr(message, " near <eof>");
    const char *text = comma ? comma
                       : end ? arena_printf(s->arena, "syntax error: %.*s at the end of the file",
                                            (int)(end - message), message)
                             : arena_printf(s->arena, "syntax error: %s", message);
    send_message(s, SEVERITY_ERROR, at, text, strlen(text));
}
