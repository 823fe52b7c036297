#!/usr/bin/env bash
# sample.c and one kernel file run without the runtime, BLAS and threads, and predict the same on every instruction set.
. "$(dirname "$0")/../run/lib.sh"
"$LSTMC" "$SOURCE/specs/sample.lua" -o out
for isa in baseline avx2 avx512; do
  cpu_has $isa || { echo "no $isa here"; continue; }
  $CC $FLAGS -std=c11 -ffp-contract=off -DSAMPLE_KERNELS=sample_$isa -I"$SOURCE/runtime" -Iout/sample \
    "$SOURCE/tests/emit/alone.c" out/sample/sample.c out/sample/kernels_$isa.c -lm -o alone
  needs=$(nm -u alone | grep -vE '__(asan|ubsan|tsan)_' | grep -E 'lstmc|gemm|pthread|malloc' || true) # a sanitizer's own do not count
  [ -z "$needs" ] || fail "the prediction needs: $needs"
  ./alone >$isa.txt || fail "$isa: zero weights do not give equal probabilities"
  awk 'NR == FNR { want[FNR] = $3; next } { d = $3 - want[FNR]; if (d < -2e-4 || d > 2e-4) exit 1 }' baseline.txt $isa.txt ||
    fail "$isa predicts otherwise than baseline"
  half=$(($(wc -l <$isa.txt) / 2))
  cmp <(head -n $half $isa.txt) <(tail -n $half $isa.txt) || fail "$isa: a reset does not begin anew"
done
