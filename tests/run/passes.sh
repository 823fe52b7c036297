#!/usr/bin/env bash
# Gradients against PyTorch's with every rewrite left out alone, with each instruction set.
# usage: passes.sh CASE ...
. "$(dirname "$0")/lib.sh"
KERNELS=all
passes=$(passes)

for case in "$@"; do
  reference "$case"
  for pass in $passes; do
    binary=$(trainer "without_$pass" "$spec" "-fno-$pass")
    echo "$case -fno-$pass"
    compare_gradients "$case" "$binary" TOLERANCE_GRADIENT
    rm -rf "emit-without_$pass"
  done
done
