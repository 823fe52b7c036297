#!/usr/bin/env bash
# Every program of every spec means the same after each stage, with each rewrite left out, and in its planned places, blocks
# run in the worst order: the interpreter, in double, is the judge.
# usage: rewrites.sh SPEC ...
. "$(dirname "$0")/lib.sh"
limit=$(tolerance TOLERANCE_REWRITE)
passes=$(passes)

same() { # module, what of it, interpreter options
  local other=$1 what=$2
  shift 2
  same_meaning "$programs" reference.ir "$other" "$what" "$limit" "$@"
}

for spec in "$@"; do
  text=$(sed -n 's/.*Text { "\([^"]*\)".*/\1/p' "$spec")
  [ -e "${spec%/*}/$text" ] || [ -e "$DATA/$text" ] || { echo "left out, no $text: $spec"; continue; }
  "$LSTMC" "$spec" --dump=grad >reference.ir
  programs=$(sed -n 's/^program \([a-z]*\) .*/\1/p' reference.ir)
  [ -n "$programs" ] || fail "$spec has no programs"
  for stage in opt schedule plan; do
    "$LSTMC" "$spec" --dump=$stage >stage.ir
    same stage.ir "the stage $stage"
  done
  same stage.ir "the memory plan" --places --threads 3
  for pass in $passes; do
    "$LSTMC" "$spec" --dump=plan -fno-$pass >without.ir
    same without.ir "-fno-$pass"
    same without.ir "the memory plan under -fno-$pass" --places --threads 2
  done
  echo "same meaning: $spec"
done
