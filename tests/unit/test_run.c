/* What a trainer makes of its run's folder and of its log lasts, and what others have there is let
 * be. fsync of this file stands for that of the system, so that the test sees what was synced. */
#define _DEFAULT_SOURCE
#include "log.h"
#include "run.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/test_run.XXXXXX";
static char synced[4096]; /* paths, each followed by a space */

int fsync(int fd)
{
    char name[64];
    const size_t used = strlen(synced);
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    const ssize_t n = readlink(name, synced + used, sizeof synced - used - 2);
    assert_true(n > 0);
    strcpy(synced + used + n, " ");
    return 0;
}

static int enter_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? chdir(folder) : -1;
}

static int leave_folder(void **state)
{
    (void)state;
    unlink("runs/new/lock");
    unlink("lock");
    return rmdir("runs/new") == 0 && rmdir("runs") == 0 ? rmdir(folder) : -1;
}

static void new_folders_are_synced(void **state)
{
    (void)state;
    char want[128];
    struct run r = run_at(NULL, "runs/new");
    run_take(&r);
    snprintf(want, sizeof want, "%s %s/runs ", folder, folder);
    assert_string_equal(synced, want);
    close(r.lock);
    run_take(&r); /* all of it stands there now */
    assert_string_equal(synced, want);
    close(r.lock);
}

static void new_logs_are_synced(void **state)
{
    (void)state;
    char want[64];
    *synced = '\0';
    struct log l = log_open("log", 0);
    snprintf(want, sizeof want, "%s ", folder);
    assert_string_equal(synced, want);
    fclose(l.file);
    unlink("log");
}

static void leftovers_of_trainers_go(void **state)
{
    (void)state;
    static const char *const ours[] = { "run.json.1.tmp", "best.safetensors.4321.tmp",
                                        "update-00000050.safetensors.4321.tmp" };
    static const char *const others[] = { "notes.1.tmp",
                                          "run.json.tmp",
                                          "run.json.1",
                                          "best.safetensors.1x.tmp",
                                          "update-50.safetensors.1.tmp",
                                          ".1.tmp" };
    enum { OURS = sizeof ours / sizeof *ours, OTHERS = sizeof others / sizeof *others };
    for (int i = 0; i < OURS; i++)
        fclose(fopen(ours[i], "w"));
    for (int i = 0; i < OTHERS; i++)
        fclose(fopen(others[i], "w"));
    struct run r = run_at(NULL, ".");
    run_take(&r);
    close(r.lock);
    for (int i = 0; i < OURS; i++)
        assert_int_equal(unlink(ours[i]), -1);
    for (int i = 0; i < OTHERS; i++)
        assert_int_equal(unlink(others[i]), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_folders_are_synced),
        cmocka_unit_test(new_logs_are_synced),
        cmocka_unit_test(leftovers_of_trainers_go),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
