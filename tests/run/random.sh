#!/usr/bin/env bash
# Models at random: what is emitted has the gradients and the losses of what is emitted without any rewrite and with
# OpenBLAS's products, whatever the instruction set and the number of threads, and they are right.
# usage: random.sh SEED|large:SEED ...
. "$(dirname "$0")/lib.sh"
KERNELS=all
spec=$SOURCE/tests/grad/random.lua
letters=$SOURCE/tests/reference/specs/forty_three.txt
limit=$(tolerance TOLERANCE_GRADIENT_FLOAT64)
without=$(passes | sed 's/^/-fno-/')

follow() { # trainer, name, options: three updates, whose losses lie in NAME.losses then
  local binary=$1 name=$2
  shift 2
  rm -rf run
  expect_status 0 "$binary" train --text "$letters" --run run --updates 3 --log "$name.jsonl" "$@"
  sed -n 's/.*"loss":\([^,}]*\).*/\1/p' "$name.jsonl" >"$name.losses"
  rm "$name.jsonl"
}

for case in "$@"; do
  model=(-D seed=${case#large:} --text "$letters")
  [[ $case != large:* ]] || model+=(-D large=true)
  plain=$(trainer plain "$spec" "${model[@]}" --gemm=openblas $without)
  binary=$(trainer model "$spec" "${model[@]}")
  expect_status 0 "$plain" gradients --text "$letters" -o plain.safetensors
  follow "$plain" plain
  for isa in $(kernels); do
    for threads in 1 3; do
      expect_status 0 "$binary" gradients --text "$letters" -o got.safetensors --isa $isa --threads $threads
      "$TENSORS" compare plain.safetensors got.safetensors "$limit" || fail "gradients of $case, $isa, $threads threads"
      follow "$binary" got --isa $isa --threads $threads
      paste plain.losses got.losses | awk -v limit="$limit" '
        { d = $1 - $2; if (d < 0) d = -d; if (!(d <= limit * $1)) bad = 1 } END { exit bad || NR != 3 }' ||
        { paste plain.losses got.losses; fail "losses of $case, $isa, $threads threads"; }
    done
  done
  expect_status 0 "$binary" gradcheck --text "$letters"
  echo "$case: $("$LSTMC" "$spec" "${model[@]}" --summary | sed -n 2p)"
done
