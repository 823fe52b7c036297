#!/usr/bin/env bash
# Packed weights, as they are and as bfloat16: what sampling says of the loss is what eval finds, and no number of threads
# changes a character.
# usage: weights.sh SPEC TEXT
. "$(dirname "$0")/lib.sh"
spec=$1 text=$2
binary=$(trainer model "$spec" --text "$text")
expect_status 0 "$binary" train --text "$text" --run run --updates 60

loss() { # weights
  expect_status 0 "$binary" eval --run run --part validation --weights "$1"
  sed -n 's/^loss \([0-9.]*\) nats.*/\1/p' out
}
full=$(loss float32)
half=$(loss bf16)
[ "$full" != "$half" ] || fail "rounding the weights does not change the loss"
awk -v a="$full" -v b="$half" 'BEGIN { exit !((a - b) / a < 0.002 && (b - a) / a < 0.002) }' ||
  fail "the loss is $full with float32 and $half with bfloat16"

for mode in stateful window; do
  for weights in float32 bf16; do
    for threads in 1 2 5; do
      expect_status 0 "$binary" sample --run run --prompt "the" --length 60 --temperature 0.7 --seed 3 --mode $mode \
        --weights $weights --threads $threads
      cp out $mode-$weights-$threads
      cmp $mode-$weights-1 out || fail "$threads threads write another text ($mode, $weights)"
    done
  done
  expect_text err "weights   bfloat16: loss $half nats a character, $full with float32, difference"
  expect_text err "characters from the start of the validation part"
  cmp $mode-float32-1 <("$binary" sample --run run --prompt "the" --length 60 --temperature 0.7 --seed 3 --mode $mode 2>err) ||
    fail "float32 is not what is taken without --weights ($mode)"
done
expect_status 0 "$binary" sample --run run --seed 3 --length 5 --weights bf16 # the prompt is of the text, too
expect_text err "by seed 3"

rm run/run.json
LSTMC_DATA=$WORK/nowhere expect_status 0 "$binary" sample --run run --prompt the --length 5 --weights bf16
expect_text err "the text of the run is not found"

expect_status 0 "$binary" bench --json --threads 1
bytes=$(sed -n 's/.*"weight_bytes":\([0-9]*\).*/\1/p' out)
expect_status 0 "$binary" bench --json --threads 1 --weights bf16
expect_text out '"weights":"bf16"'
narrow=$(sed -n 's/.*"weight_bytes":\([0-9]*\).*/\1/p' out)
[ "$narrow" -lt $((bytes * 6 / 10)) ] || fail "$narrow bytes instead of $bytes are not half"

double=$(trainer double "$SOURCE/specs/sample.lua" --dtype=float64)
for command in sample eval bench; do
  expect_status 2 "$double" $command --weights bf16
  expect_text err "--weights bf16: this model is float64"
done
