# What the test scripts share. ctest sets: SOURCE the project, LSTMC the compiler, RUNTIME its library, CC, FLAGS for
# emitted code, TENSORS tests/run/tensors.c built, WEIGHTS tests/reference/weights.c built, INTERP the interpreter.
set -euo pipefail
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE
DATA=${LSTMC_DATA:-$SOURCE/../shared/data}
export LSTMC_DATA=$DATA
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
cd "$WORK"

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

skip() {
  echo "skipped: $*"
  exit 77
}

need_data() {
  [ -e "$DATA/$1" ] || skip "$DATA/$1 is not there (LSTMC_DATA names another folder)"
}

# The command must end with this status; what it printed lies in out and err.
expect_status() {
  local want=$1 got=0
  shift
  "$@" >out 2>err || got=$?
  [ "$got" = "$want" ] || {
    tail -n 20 err >&2
    fail "status $got instead of $want: $*"
  }
}

expect_text() { # file, fixed string
  grep -qF -e "$2" "$1" || {
    cat "$1" >&2
    fail "no \`$2\` in that"
  }
}

await() { # until a file has something in it
  for i in $(seq 1000); do
    [ ! -s "$1" ] || return 0
    sleep 0.01
  done
  fail "$1 stays empty"
}

newest() { # checkpoint of a run; nothing if it has none
  ls "$1"/update-*.safetensors 2>/dev/null | tail -n 1 || true
}

# kill -9 of $child; sets status: 137, or 0 where it had come to its end.
kill_child() {
  kill -9 $child 2>/dev/null || true
  status=0
  wait $child 2>/dev/null || status=$?
  [ $status = 0 ] || [ $status = 137 ] || { cat err >&2; fail "status $status before kill -9"; }
}

# The instruction sets that a test's trainers have kernels for: the one that they choose on this CPU, or `all` that it has.
# Kernels take nearly all the time of a compilation. run.warnings and run.build_edge compile even those that cannot run.
KERNELS=chosen

cpu_has() { # instruction set
  grep -qw "$(sed 's/avx512/avx512dq/; s/baseline/processor/' <<<"$1")" /proc/cpuinfo
}

kernels() {
  local isa
  for isa in avx512 avx2 baseline; do
    cpu_has $isa || continue
    echo $isa
    [ "$KERNELS" = all ] || break
  done
}

# Compiles the emitted folder $1 into $1/trainer, two files at a time. The address of kernels that are left out is 0.
compile() {
  local isa left_out=() files=() taken
  taken=$(kernels)
  for isa in avx512 avx2 baseline; do
    if grep -qx $isa <<<"$taken"; then
      files+=("$1/kernels_$isa.c")
    else
      left_out+=($(grep -oE "\b[A-Za-z0-9_]+_(${isa/avx512/avx512|avx512_bf16|amx})\b" "$1/kernels.h" | sed 's/.*/-Wl,--defsym=&=0/'))
    fi
  done
  files+=($(printf '%s\n' "$1"/*.c | grep -v /kernels_)) # behind those that take longest
  printf '%s\n' "${files[@]}" | xargs -P 2 -I{} $CC $FLAGS -std=c11 -ffp-contract=off -I"$SOURCE/runtime" -c {} -o {}.o
  $CC $FLAGS "${left_out[@]}" -o "$1/trainer" "${files[@]/%/.o}" "$RUNTIME" -lopenblas -lm -lpthread
}

# Emits and compiles; the trainer's path goes to stdout.
trainer() { # name, spec, lstmc options
  local name=$1 spec=$2
  shift 2
  "$LSTMC" "$spec" -o "emit-$name" --name "$name" "$@" >&2
  compile "emit-$name/$name" >&2
  echo "$WORK/emit-$name/$name/trainer"
}

# A case of tests/reference: sets spec and text, writes its weights to weights.safetensors.
reference() { # case
  spec=$SOURCE/tests/reference/specs/$1.lua
  text=$(sed -n 's/.*Text { "\([^"]*\)".*/\1/p' "$spec")
  if [ -e "${spec%/*}/$text" ]; then
    text=${spec%/*}/$text
  else
    need_data "$text"
    text=$DATA/$text
  fi
  "$WEIGHTS" weights.safetensors $(sed -n "s/^$1 //p" "$SOURCE/tests/reference/cases.txt")
}

# Gradients of the case `$spec` from weights.safetensors, with each of the trainer's instruction sets, against PyTorch's.
compare_gradients() { # case, trainer, name of the tolerance
  local isa
  for isa in $(kernels); do
    echo "$isa"
    "$2" gradients --isa "$isa" --init weights.safetensors --text "$text" -o got.safetensors 2>err || { cat err >&2; fail "$1, $isa"; }
    "$TENSORS" compare "$SOURCE/tests/reference/gradients/$1.safetensors" got.safetensors "$(tolerance "$3")" ||
      fail "gradients of $1, $isa"
  done
}

# The programs of these names must mean the same in both modules.
same_meaning() { # names, reference, other, what of it, limit, interpreter options
  local names=$1 reference=$2 other=$3 what=$4 limit=$5 program
  shift 5
  for program in $names; do
    "$INTERP" "$other" "$program" --compare "$reference" --limit "$limit" "$@" >out 2>&1 || {
      tail -n 5 out >&2
      fail "$what changes $program of $spec"
    }
  done
}

# The names of the rewrites that can be left out.
passes() {
  local names
  names=$(sed -n 's/^PASS(\([a-z]*\),.*/\1/p' "$SOURCE/compiler/passes.def")
  [ "$(wc -w <<<"$names")" -ge 6 ] || fail "only these passes: $names"
  echo "$names"
}

tolerance() { # name in tolerances.h
  sed -n "s/^#define $1 //p" "$SOURCE/tests/tolerances.h"
}
