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

# Compiles the emitted folder $1 into $1/trainer, two files at a time. Kernels for an instruction set that the CPU lacks,
# which nothing would run, are left out: their address is 0. run.warnings and run.build_edge compile all.
compile() {
  local kernels=avx512 name left_out=()
  if grep -qw avx512f /proc/cpuinfo; then
    kernels=none
  else
    for name in $(grep -ow '[A-Za-z0-9_]*_\(avx512\|avx512_bf16\|amx\)' "$1/kernels.h"); do
      left_out+=("-Wl,--defsym=$name=0")
    done
  fi
  printf '%s\n' "$1"/*.c | grep -v "/kernels_$kernels.c$" |
    xargs -P 2 -I{} $CC $FLAGS -std=c11 -ffp-contract=off -I"$SOURCE/runtime" -c {} -o {}.o
  $CC $FLAGS "${left_out[@]}" -o "$1/trainer" "$1"/*.c.o "$RUNTIME" -lopenblas -lm -lpthread
}

# Emits and compiles; the trainer's path goes to stdout.
trainer() { # name, spec, lstmc options
  local name=$1 spec=$2
  shift 2
  "$LSTMC" "$spec" -o "emit-$name" --name "$name" "$@" >&2
  compile "emit-$name/$name" >&2
  echo "$WORK/emit-$name/$name/trainer"
}

# The instruction sets of a trainer that the CPU has: with another one it ends with 2 before it looks for a run.
isas() { # trainer
  local name status
  for name in avx512 avx2; do
    status=0
    "$1" sample --isa $name --run nowhere >isas.out 2>&1 || status=$?
    [ $status = 2 ] || echo $name
  done
  echo baseline
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

# Gradients of the case `$spec` from weights.safetensors, with every instruction set, against PyTorch's.
compare_gradients() { # case, trainer, name of the tolerance
  local isa
  for isa in $(isas "$2"); do
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
