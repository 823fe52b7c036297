#!/usr/bin/env bash
# Whatever weights are called, the emitted C compiles: no parameter hides what its function uses.
. "$(dirname "$0")/../run/lib.sh"
"$LSTMC" "$SOURCE/tests/emit/words.lua" --text "$SOURCE/specs/bundled.txt" -o out
grep -q 'const float \*cells_,' out/words/kernels.inc || fail "no kernel has the weight cells for a parameter"
for file in out/words/*.c; do
  $CC -std=c11 -fsyntax-only -Wall -Wextra -Werror -I"$SOURCE/runtime" "$file" || fail "$file does not compile"
done
