/* The end of the road. Every file is written to memory first; the disk is touched when all of
 * them stand, and only where their bytes differ, so that an error leaves nothing behind and a
 * build compiles only what changed. */
#include "emit.h"
#include "diag.h"
#include "emit_check.h"
#include "emit_disk.h"
#include "emit_files.h"
#include "emit_memory.h"
#include "emit_steps.h"
#include "emit_text.h"
#include "passes.h"
#include "text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the files ------------------------------------------------------------------------------- */

struct file {
    const char *name; /* %s: the model's */
    void (*put)(struct emission *e, struct buffer *out);
};

void put_ir(struct emission *e, struct buffer *out)
{
    module_write(e->module, out, WRITE_LINES);
}

/* In the order in which they are read. */
static const struct file trainer_files[] = {
    { "%s.h", put_header },
    { "forward.c", put_forward },
    { "backward.c", put_backward },
    { "update.c", put_update },
    { "sample.c", put_sample },
    { "kernels.h", put_kernels_header },
    { "kernels.inc", put_kernels },
    { "kernels_avx512.c", put_kernels_avx512 },
    { "kernels_avx2.c", put_kernels_avx2 },
    { "kernels_baseline.c", put_kernels_baseline },
    { "tables.c", put_tables },
    { "main.c", put_main },
    { "CMakeLists.txt", put_cmake },
    { "Makefile", put_make },
    { "%s.ir", put_ir },
};

enum { TRAINER_FILES = sizeof trainer_files / sizeof *trainer_files };

/* ---- a folder that another spec made --------------------------------------------------------- */

/* The spec that a module's lines name, in its text form; NULL if it names none. */
static const char *spec_of(struct arena *a, const char *ir)
{
    const char *lines = ir ? strstr(ir, "\nlines\n") : NULL;
    const char *from = lines ? strchr(lines, '"') : NULL;
    return from ? arena_copy(a, from + 1, strcspn(from + 1, "\"\n")) : NULL;
}

static void warn_of_another_spec(struct arena *a, const char *path, const struct buffer *ir)
{
    size_t size;
    const char *why;
    unsigned char *old = read_regular_file(path, &size, &why);
    if (!old)
        return;
    const char *was = spec_of(a, arena_copy(a, (const char *)old, size)),
               *is = spec_of(a, ir->text);
    if (was && is && strcmp(was, is) != 0)
        diag(SEVERITY_WARNING, (struct where){ .file = path },
             "this was made from %s and is now overwritten from %s", was, is);
    free(old);
}

/* ---- what --emit asks for -------------------------------------------------------------------- */

static struct emission open_emission(struct module *m, const struct options *o)
{
    struct emission e = { .module = m, .options = o, .arena = m->arena, .name = m->name };
    e.upper = c_upper(m->arena, m->name);
    e.real = m->dtype == DTYPE_FLOAT64 ? "double" : "float";
    e.form_names = names_in(m->arena);
    e.forms_by_key.arena = m->arena;
    return e;
}

struct output *emit_to_memory(struct module *m, const struct options *o, int *count)
{
    struct arena *a = m->arena;
    struct output *files = arena_new_array(a, struct output, TRAINER_FILES);
    struct emission e = open_emission(m, o);
    e.forms_end = &e.forms;
    check_trainer(m);
    name_tensors(&e);
    find_steps(&e);
    for (int i = 0; i < TRAINER_FILES; i++) {
        const char *name = trainer_files[i].name;
        files[i].name = name[0] == '%' ? arena_printf(a, "%s%s", m->name, name + 2) : name;
        files[i].text.arena = a;
        trainer_files[i].put(&e, &files[i].text);
    }
    *count = TRAINER_FILES;
    return files;
}

static void emit_trainer(struct module *m, const struct options *o, struct disk *d)
{
    struct arena *a = m->arena;
    int count;
    const struct output *files = emit_to_memory(m, o, &count), *ir = &files[count - 1];
    const char *folder = arena_printf(a, "%s/%s", o->output, m->name);
    warn_of_another_spec(a, arena_printf(a, "%s/%s", folder, ir->name), &ir->text);
    disk_make_folder(d, folder);
    for (int i = 0; i < count; i++)
        disk_add_file(d, "-o", arena_printf(a, "%s/%s", folder, files[i].name), &files[i].text);
}

/* To DIR/NAME/NAME.ending, or to stdout. */
static void emit_text(const struct module *m, const struct options *o, const char *ending,
                      const struct buffer *text, struct disk *d)
{
    if (!o->output) {
        fwrite(text->text, 1, text->length, stdout);
        return;
    }
    const char *folder = arena_printf(m->arena, "%s/%s", o->output, m->name);
    const char *path = arena_printf(m->arena, "%s/%s.%s", folder, m->name, ending);
    if (o->emit == EMIT_IR)
        warn_of_another_spec(m->arena, path, text);
    disk_make_folder(d, folder);
    disk_add_file(d, "-o", path, text);
}

/* ---- the depfile ----------------------------------------------------------------------------- */

static void add_path(struct buffer *out, const char *path)
{
    for (; *path; path++) {
        if (strchr(" #\\", *path))
            buffer_puts(out, "\\");
        else if (*path == '$')
            buffer_puts(out, "$");
        buffer_add(out, path, 1);
    }
}

static void emit_depfile(const struct module *m, const struct options *o, struct disk *d)
{
    struct buffer out = { .arena = m->arena };
    add_path(&out, o->depfile_target);
    buffer_puts(&out, ":");
    for (const struct input_file *f = m->inputs; f; f = f->next) {
        buffer_puts(&out, " \\\n  ");
        add_path(&out, f->path);
    }
    buffer_puts(&out, "\n");
    disk_add_file(d, "-MF", o->depfile_path, &out);
}

void emit_model(struct module *m, const struct options *o)
{
    struct buffer text = { .arena = m->arena };
    struct disk disk = { .arena = m->arena };
    if (o->emit == EMIT_C)
        emit_trainer(m, o, &disk);
    else if (o->emit == EMIT_IR)
        module_write(m, &text, WRITE_LINES);
    else
        put_dot(m, &text);
    if (o->emit != EMIT_C)
        emit_text(m, o, o->emit == EMIT_IR ? "ir" : "dot", &text, &disk);
    if (o->depfile)
        emit_depfile(m, o, &disk);
    disk_commit(&disk);
}
