/* SHA-256 and CRC-32C against published answers, whole and in pieces. */
#include "hash.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void sha256_known_answers(void **state)
{
    (void)state;
    static const struct {
        const char *text, *sum;
    } cases[] = {
        /* FIPS 180-4 examples and the empty message. */
        { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
        { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
        { "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqr"
          "lmnopqrsmnopqrstnopqrstu",
          "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *text = cases[i].text;
        for (size_t piece = 1; piece <= strlen(text) + 1; piece++) {
            struct sha256 s;
            char sum[65];
            sha256_init(&s);
            for (size_t at = 0; at < strlen(text); at += piece) {
                size_t left = strlen(text) - at;
                sha256_add(&s, text + at, left < piece ? left : piece);
            }
            sha256_hex(&s, sum);
            assert_string_equal(sum, cases[i].sum);
        }
    }
}

static void sha256_of_a_million(void **state)
{
    (void)state;
    struct sha256 s;
    char sum[65], as[1000];
    memset(as, 'a', sizeof as);
    sha256_init(&s);
    for (int i = 0; i < 1000; i++)
        sha256_add(&s, as, sizeof as);
    sha256_hex(&s, sum);
    assert_string_equal(sum, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void crc32c_known_answers(void **state)
{
    (void)state;
    unsigned char up[32], down[32], bytes[32];
    for (int i = 0; i < 32; i++) {
        up[i] = (unsigned char)i;
        down[i] = (unsigned char)(31 - i);
    }
    assert_int_equal(crc32c(0, "", 0), 0);
    assert_int_equal(crc32c(0, "123456789", 9), 0xE3069283);
    /* RFC 3720, B.4 */
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(crc32c(0, bytes, 32), 0x8A9136AA);
    memset(bytes, 0xFF, sizeof bytes);
    assert_int_equal(crc32c(0, bytes, 32), 0x62A8AB43);
    assert_int_equal(crc32c(0, up, 32), 0x46DD794E);
    assert_int_equal(crc32c(0, down, 32), 0x113FDB5C);
    for (size_t cut = 0; cut <= 32; cut++)
        assert_int_equal(crc32c(crc32c(0, up, cut), up + cut, 32 - cut), 0x46DD794E);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_known_answers),
        cmocka_unit_test(sha256_of_a_million),
        cmocka_unit_test(crc32c_known_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
