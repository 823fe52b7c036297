#!/usr/bin/env bash
# A model of mixed_bfloat16 beside the same one of float32: its meaning, gradients by each kind of arithmetic, bits on any number of
# threads and after a resume, the loss that it trains to.
# usage: mixed.sh SPEC TEXT
. "$(dirname "$0")/lib.sh"
spec=$1 text=$2
mixed=--dtype=mixed_bfloat16

# But for the rounding it is the same module, after each stage and in its places.
"$LSTMC" "$spec" --text "$text" --dump=grad >reference.ir
for option in -fno-batch -fno-fuse ""; do
  "$LSTMC" "$spec" --text "$text" $mixed $option --dump=plan >stage.ir
  grep -q ':h\[' stage.ir || fail "$option: nothing is rounded"
  same_meaning "train grads" reference.ir stage.ir "rounding with $option" "$(tolerance TOLERANCE_REWRITE)"
done
same_meaning "train grads" reference.ir stage.ir "the memory plan" "$(tolerance TOLERANCE_MIXED_PLACES)" --places --threads 3
sed -n '/^program sample/,/^}/p;/^program window/,/^}/p' stage.ir >predicts.ir
! grep ':h\[' predicts.ir || fail "what predicts is rounded"
expect_status 2 "$LSTMC" "$spec" --text "$text" $mixed --gemm=openblas --check
expect_text err "option --gemm"
expect_status 2 "$LSTMC" stage.ir --dtype=float32 --check
expect_text err "option --dtype"

float=$(trainer float "$spec" --text "$text")
KERNELS=all
binary=$(trainer mixed "$spec" --text "$text" $mixed)
expect_status 0 "$binary" info
expect_text out mixed_bfloat16

train() { # trainer, run, options
  local trainer=$1 run=$2
  shift 2
  "$trainer" train --text "$text" --run "$run" --seed 7 --log "$run.jsonl" "$@" 2>err || { cat err >&2; fail "train $*"; }
}

# It trains as far as float32 does.
train "$float" float-run --updates 60 --threads 2
train "$binary" whole --updates 60 --threads 2
mean() { tail -n 20 "$1" | sed 's/.*"loss":\([^,]*\).*/\1/' | awk '{ sum += $1 } END { printf "%.9g\n", sum / NR }'; }
awk -v a="$(mean float-run.jsonl)" -v b="$(mean whole.jsonl)" -v limit="$(tolerance TOLERANCE_MIXED_LOSS)" 'BEGIN {
  print "loss in float32 " a ", mixed " b; if (a == b || b > a * (1 + limit) || b < a * (1 - limit)) exit 1 }' ||
  fail "the loss is another, or rounding changes nothing"

# The same bits however it is run; a run of another dtype is another model, but its weights will do.
newest() { sha256sum <"$1/update-00000060.safetensors"; }
train "$binary" parts --updates 30 --threads 1
train "$binary" parts --updates 60 --threads 3 --resume
[ "$(newest whole)" = "$(newest parts)" ] || fail "a resumed run differs"
train "$binary" many --updates 60 --threads 8
[ "$(newest whole)" = "$(newest many)" ] || fail "eight threads give other bits"
expect_status 3 "$binary" train --text "$text" --run float-run --resume --updates 70
expect_text err "dtype"

# Gradients, by all that this CPU can do.
init=float-run/update-00000060.safetensors
"$float" gradients --init $init --text "$text" -o float.safetensors 2>/dev/null
for isa in baseline avx2 avx512 avx512_bf16 amx; do
  status=0
  "$binary" gradients --init $init --text "$text" -o $isa.safetensors --isa $isa >out 2>err || status=$?
  [ $status != 2 ] || { cat err; continue; }
  [ $status = 0 ] || { cat err >&2; fail "gradients --isa $isa"; }
  echo "gradients, $isa"
  "$TENSORS" compare float.safetensors $isa.safetensors "$(tolerance TOLERANCE_MIXED_GRADIENT)" || fail "gradients with $isa"
  "$TENSORS" compare baseline.safetensors $isa.safetensors "$(tolerance TOLERANCE_MIXED_KINDS)" >out ||
    { cat out >&2; fail "$isa computes otherwise than baseline"; }
done
! "$TENSORS" compare float.safetensors baseline.safetensors "$(tolerance TOLERANCE_GRADIENT)" >out || fail "nothing was rounded"
expect_status 0 "$binary" gradcheck --text "$text"
expect_status 0 "$binary" train --text "$text" --run plain --updates 1 --isa baseline
expect_text err "nothing is gained"
