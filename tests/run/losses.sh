#!/usr/bin/env bash
# 100 updates from given weights without shuffle and dropout: every loss is Keras's.
# usage: losses.sh CASE ...
. "$(dirname "$0")/lib.sh"


# Compares the losses in log.jsonl with a file of references.
compare() { # file, tolerance
  paste "$1" got.txt | awk -v case="${1##*/}" -v limit="$(tolerance "$2")" '
    NF == 2 { n++; d = $1 - $2; if (d < 0) d = -d; if (d > worst) worst = d }
    NF != 2 { broken = 1 }
    END { printf "%-32s %d losses, worst difference %.2e\n", case, n, worst; exit !(n > 0 && !broken && worst <= limit) }' ||
    fail "losses differ from those of ${1##*/}"
}

for case in "$@"; do
  reference "$case"
  binary=$(trainer "$case" "$spec")
  rm -rf run log.jsonl
  losses=$SOURCE/tests/reference/losses/$case
  "$binary" train --init weights.safetensors --text "$text" --no-shuffle --updates "$(wc -l <"$losses.txt")" --epochs 1000 \
    --run run --log log.jsonl 2>err || { cat err >&2; fail "$case does not train"; }
  sed -n 's/.*"loss":\([^,}]*\).*/\1/p' log.jsonl >got.txt
  compare "$losses.txt" TOLERANCE_KERAS_LOSS
  compare "$losses.double.txt" TOLERANCE_DOUBLE_LOSS
done
