#!/usr/bin/env bash
# Gradients of the first batch of every case of tests/reference against PyTorch's, in float32 and float64.
# usage: gradients.sh CASE ...
. "$(dirname "$0")/lib.sh"

for case in "$@"; do
  reference "$case"
  for dtype in float32 float64; do
    binary=$(trainer "$case" "$spec" --dtype=$dtype)
    "$binary" gradients --init weights.safetensors --text "$text" -o got.safetensors
    name=TOLERANCE_GRADIENT
    [ $dtype = float64 ] && name=TOLERANCE_GRADIENT_FLOAT64
    echo "$case $dtype"
    "$TENSORS" compare "$SOURCE/tests/reference/gradients/$case.safetensors" got.safetensors "$(tolerance $name)" ||
      fail "gradients of $case in $dtype"
  done
done
