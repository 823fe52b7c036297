#!/usr/bin/env bash
# generated/sample/ is what specs/sample.lua compiles to. UPDATE=1 writes it anew; read the difference first.
. "$(dirname "$0")/../run/lib.sh"
"$LSTMC" "$SOURCE/specs/sample.lua" -o new
if [ -n "${UPDATE:-}" ]; then
  mkdir -p "$SOURCE/generated"
  rm -rf "$SOURCE/generated/sample"
  cp -r new/sample "$SOURCE/generated/"
fi
diff -r "$SOURCE/generated/sample" new/sample || fail "generated/sample/ is not what specs/sample.lua compiles to"

# Its summary; the memory is that of the trainer, in powers of ten.
"$LSTMC" "$SOURCE/specs/sample.lua" --summary >summary
[ -z "${UPDATE:-}" ] || cp summary "$SOURCE/tests/emit/sample.summary"
diff "$SOURCE/tests/emit/sample.summary" summary || fail "tests/emit/sample.summary is not what --summary says"
arena=$(sed -n 's/^#define SAMPLE_ARENA //p' new/sample/sample.h)
expect_text summary "Memory:       $(awk -v n="$arena" 'BEGIN { printf "%.3g kB", n / 1000 }'):"
