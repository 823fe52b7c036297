#!/usr/bin/env bash
# Gradients of the first batch of every case of tests/reference against PyTorch's, in float32 and float64, with each instruction
# set.
# usage: gradients.sh CASE ...
. "$(dirname "$0")/lib.sh"
KERNELS=all

for case in "$@"; do
  reference "$case"
  for dtype in float32 float64; do
    binary=$(trainer "$case" "$spec" --dtype=$dtype)
    name=TOLERANCE_GRADIENT
    [ $dtype = float64 ] && name=TOLERANCE_GRADIENT_FLOAT64
    echo "$case $dtype"
    compare_gradients "$case" "$binary" $name
  done
done
