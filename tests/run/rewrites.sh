#!/usr/bin/env bash
# Every program of every spec means the same after each stage, with each rewrite left out, and in its planned places, blocks
# run in the worst order: the interpreter, in double, is the judge.
# usage: rewrites.sh SPEC ...
. "$(dirname "$0")/lib.sh"
limit=$(tolerance TOLERANCE_REWRITE)
passes=$(passes)

same() { # reference, other, what, interpreter options
  local reference=$1 other=$2 what=$3 program
  shift 3
  for program in train grads eval window sample; do
    grep -q "^program $program " "$reference" || continue
    "$INTERP" "$other" "$program" --compare "$reference" --limit "$limit" "$@" >out 2>&1 || {
      tail -n 5 out >&2
      fail "$what changes $program of $spec"
    }
  done
}

for spec in "$@"; do
  text=$(sed -n 's/.*Text { "\([^"]*\)".*/\1/p' "$spec")
  [ -e "${spec%/*}/$text" ] || [ -e "$DATA/$text" ] || { echo "left out, no $text: $spec"; continue; }
  "$LSTMC" "$spec" --dump=grad >reference.ir
  for stage in opt schedule plan; do
    "$LSTMC" "$spec" --dump=$stage >stage.ir
    same reference.ir stage.ir "the stage $stage"
  done
  same reference.ir stage.ir "the memory plan" --places --threads 3
  for pass in $passes; do
    "$LSTMC" "$spec" --dump=plan -fno-$pass >without.ir
    same reference.ir without.ir "-fno-$pass"
    same reference.ir without.ir "the memory plan under -fno-$pass" --places --threads 2
  done
  echo "same meaning: $spec"
done
