/* run_pass PASS[,PASS...] FILE.ir: the module after one rewrite or several, as text. How a case of
 * this folder is made: run_pass PASS NAME.in.ir >NAME.out.ir, and then read. unit/test_passes.c
 * runs them all. */
#include "run_pass.h"
#include "diag.h"
#include <stdio.h>

static struct buffer read_file(struct arena *a, const char *path)
{
    struct buffer text = { .arena = a };
    char piece[4096];
    FILE *f = fopen(path, "rb");
    if (!f)
        err("%s cannot be read", path);
    buffer_puts(&text, "");
    for (size_t n; (n = fread(piece, 1, sizeof piece, f)) > 0;)
        buffer_add(&text, piece, n);
    fclose(f);
    return text;
}

int main(int argc, char **argv)
{
    struct arena *a = arena_new();
    if (argc != 3)
        err("usage: run_pass PASS[,PASS...] FILE.ir");
    struct buffer text = read_file(a, argv[2]), out = { .arena = a };
    diag_source(argv[2], text.text, text.length);
    struct module *m = module_read(a, argv[2], text.text, text.length);
    diag_stop_on_errors();
    module_check(m, "reading", true);
    if (!run_passes(m, argv[1]))
        err("there is no pass %s", argv[1]);
    module_write(m, &out, 0);
    fwrite(out.text, 1, out.length, stdout);
    arena_free(a);
    return fflush(stdout) == 0 ? EXIT_DONE : EXIT_USER;
}
