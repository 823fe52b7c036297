#!/usr/bin/env bash
# In the emitted trainer, every operation that a spec can use computes what it says and has the right gradient.
. "$(dirname "$0")/lib.sh"
letters=$SOURCE/tests/reference/specs/forty_three.txt

binary=$(trainer operations "$SOURCE/tests/grad/operations.lua" --text "$letters")
expect_status 0 "$binary" gradcheck --text "$letters"
[ "$(grep -c ' ok$' out)" = 18 ] || { cat out; fail "not 18 tensors with right gradients"; }

# Of the last eval.
loss() { sed -n 's/^loss \([^ ]*\) nats.*/\1/p' out; }
differences() { # lstmc options: what the identities of tests/grad/identities.lua differ by
  binary=$(trainer identities "$SOURCE/tests/grad/identities.lua" --text "$letters" "$@")
  rm -rf run
  expect_status 0 "$binary" train --text "$letters" --run run --updates 1
  expect_status 0 "$binary" eval --run run
  loss
}
right=$(differences)
wrong=$(differences -D fault=0.001)
awk -v right="$right" -v wrong="$wrong" 'BEGIN { exit !(right != "" && right < 1e-20 && wrong > 1e-7) }' ||
  fail "identities: they differ by $right, and by $wrong where one is wrong"
