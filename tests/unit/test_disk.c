/* From memory to disk: all files or none, whatever stands in the way and whenever it came there. */
#define _POSIX_C_SOURCE 200809L
#include "capture.h"
#include "diag.h"
#include "emit_disk.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

/* Three files in made/; a folder takes the name of the second before or after it is a draft. */
static void write_three(const void *late)
{
    struct arena *a = arena_new();
    struct disk d = { .arena = a };
    struct buffer text = { .arena = a };
    buffer_puts(&text, "text\n");
    disk_make_folder(&d, "made");
    disk_add_file(&d, "-o", "made/1", &text);
    if (!late)
        mkdir("made/2", 0777);
    disk_add_file(&d, "-o", "made/2", &text);
    disk_add_file(&d, "-o", "made/3", &text);
    if (late)
        mkdir("made/2", 0777);
    disk_commit(&d);
    arena_free(a);
}

static void no_draft_stays(void **state)
{
    (void)state;
    char folder[] = "/tmp/test_disk.XXXXXX";
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);

    struct captured early = capture(write_three, NULL);
    assert_string_equal(early.text, "lstmc: error: option -o: cannot write made/2: it is not a "
                                    "regular file\n");
    assert_int_equal(early.status, EXIT_USER);
    assert_int_equal(rmdir("made/2"), 0);
    assert_int_equal(rmdir("made"), 0); /* nothing else was in it */

    struct captured late = capture(write_three, "late");
    assert_string_equal(late.text, "lstmc: error: cannot write made/2: Is a directory\n");
    assert_int_equal(late.status, EXIT_USER);
    assert_int_equal(unlink("made/1"), 0);
    assert_int_equal(rmdir("made/2"), 0);
    assert_int_equal(rmdir("made"), 0);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_draft_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
