#!/usr/bin/env bash
# Emitted code is silent under gcc and clang, each file alone, with no -m flag; products' sums stay in registers;
# sizes and times stay within their limits.
# usage: warnings.sh SPEC TEXT
. "$(dirname "$0")/lib.sh"
[ -e "$2" ] || skip "$2 is not there"

# A product whose loops store as many vectors as they multiply keeps its sums in memory: seven times as slow, and no
# number tells.
sums_in_registers() { # object files
  local o loops
  [ "$(uname -m)" = x86_64 ] || return 0
  for o in "$@"; do
    loops=$(objdump -d --no-show-raw-insn "$o" | awk -f "$SOURCE/tests/run/loops.awk" | grep -E '^(tile|product)_') ||
      fail "no loops of products in $o"
    awk '$3 >= $2 { print; bad = 1 } END { exit bad }' <<<"$loops" || fail "$o: function, multiply-adds, stores"
  done
}

for dtype in float32 float64 mixed_bfloat16; do
  "$LSTMC" "$1" --text "$2" -o "$dtype" --dtype=$dtype
  folder=$(echo "$dtype"/*)
  for cc in gcc clang; do
    command -v $cc >/dev/null || { echo "no $cc: left out"; continue; }
    printf '%s\n' "$folder"/*.c | xargs -P 2 -I{} $cc -O2 -std=c11 -ffp-contract=off -Wall -Wextra -Wpedantic -Wconversion \
      -Werror -I"$SOURCE/runtime" -c {} -o {}.$cc.o || fail "$cc is not silent about $dtype"
    sums_in_registers "$folder"/kernels_*.$cc.o
  done
done
bytes=$(cat float32/*/*.c float32/*/*.h float32/*/*.inc | wc -c)
echo "emitted C: $bytes bytes"
[ "$bytes" -le 500000 ] || fail "more than 500 KB of C"

# Places of a model of 24 GB, which no int reaches.
"$LSTMC" "$SOURCE/tests/bench/shape.lua" --text "$2" -o large -D kind=LSTM -D layers=1 -D units=1024 -D batch=4096 -D window=200
for part in forward backward; do
  gcc -fsyntax-only -std=c11 -Wall -Werror -I"$SOURCE/runtime" large/*/$part.c || fail "offsets of a large model overflow"
done
