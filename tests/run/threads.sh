#!/usr/bin/env bash
# 1, 2, 3, 4 and 8 threads give one checkpoint, byte for byte, with the instruction set that is chosen, or with all.
# usage: threads.sh SPEC TEXT UPDATES [all]
. "$(dirname "$0")/lib.sh"
KERNELS=${4:-chosen}
spec=$1 text=$2 updates=$3
binary=$(trainer model "$spec" --text "$text")

bits() { # instruction set, threads
  expect_status 0 "$binary" train --text "$text" --run run --seed 7 --updates "$updates" --isa "$1" --threads "$2"
  expect_text err "$1, "
  sha256sum run/update-*.safetensors | cut -d ' ' -f 1
  rm -r run
}

for isa in $(kernels); do
  first=$(bits "$isa" 1)
  echo "$isa $first"
  for threads in 2 3 4 8; do
    [ "$(bits "$isa" $threads)" = "$first" ] || fail "$isa: $threads threads give other bits than 1"
  done
done
