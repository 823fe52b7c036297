/* run_pass PASS[,PASS...] FILE.ir: the module after one rewrite or several, as text. How a case of
 * this folder is made: run_pass PASS NAME.in.ir >NAME.out.ir, and then read. unit/test_passes.c
 * runs them all. */
#include "run_pass.h"
#include "file.h"
#include <stdio.h>

int main(int argc, char **argv)
{
    struct arena *a = arena_new();
    if (argc != 3)
        err("usage: run_pass PASS[,PASS...] FILE.ir");
    struct buffer text = read_case(a, argv[2]), out = { .arena = a };
    diag_source(argv[2], text.text, text.length);
    struct module *m = module_read(a, argv[2], text.text, text.length);
    diag_stop_on_errors();
    module_check(m, "reading", true);
    if (!run_passes(m, argv[1]))
        err("there is no pass %s", argv[1]);
    module_write(m, &out, 0);
    fwrite(out.text, 1, out.length, stdout);
    flush_output();
    arena_free(a);
    return EXIT_DONE;
}
