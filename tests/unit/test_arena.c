/* Memory that is taken back is handed out again, zeroed, whatever was in it; what was allocated
 * before the mark stays. */
#include "arena.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { KEPT = 1000, LARGE = 20 << 20, ROUNDS = 20 };

/* Small blocks, over several chunks, and large ones among them. */
static void fill(struct arena *a)
{
    for (int i = 0; i < 3000; i++) {
        const size_t bytes = i % 1000 == 500 ? LARGE : (size_t)(i % 700);
        char *block = arena_alloc(a, bytes);
        for (size_t k = 0; k < bytes; k += 97)
            assert_int_equal(block[k], 0);
        memset(block, 0xff, bytes);
    }
}

static void released_memory_is_zeroed(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    char *kept = arena_alloc(a, KEPT);
    memset(kept, 7, KEPT);
    for (int i = 0; i < ROUNDS; i++) {
        const struct arena_mark start = arena_mark(a);
        fill(a);
        arena_release(a, start);
    }
    for (int i = 0; i < KEPT; i++)
        assert_int_equal(kept[i], 7);
    arena_free(a);
}

static void released_memory_comes_again(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    const struct arena_mark start = arena_mark(a);
    char *first = arena_alloc(a, LARGE);
    arena_release(a, start);
    assert_ptr_equal(arena_alloc(a, LARGE), first);
    arena_free(a);
}

static void arenas_share_what_they_give_up(void **state)
{
    (void)state;
    struct arena *a = arena_new(), *inner = arena_within(a);
    fill(inner);
    char *large = arena_alloc(inner, 2 * LARGE);
    arena_clear(inner);
    assert_ptr_equal(arena_alloc(a, 2 * LARGE), large);
    fill(inner);
    fill(a);
    arena_free(a);
}

/* Longer and shorter than what is printed at once. */
static void printed_text_is_whole(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    for (int n = 250; n < 260; n++) {
        const char *text = arena_printf(a, "%*d", n, 42);
        struct buffer b = { .arena = a };
        buffer_puts(&b, "<");
        buffer_printf(&b, "%*d", n, 42);
        assert_int_equal(strlen(text), n);
        assert_string_equal(text + n - 2, "42");
        assert_int_equal(b.length, n + 1);
        assert_string_equal(b.text + 1, text);
    }
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(released_memory_is_zeroed),
        cmocka_unit_test(released_memory_comes_again),
        cmocka_unit_test(arenas_share_what_they_give_up),
        cmocka_unit_test(printed_text_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
