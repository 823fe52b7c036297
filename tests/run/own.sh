#!/usr/bin/env bash
# Cells, losses and optimizers of one's own, in the emitted trainer: the home-made specs learn and have the right gradients, their
# steps are fused, and an LSTM typed anew is the library's.
. "$(dirname "$0")/lib.sh"
specs=$SOURCE/specs

# ---- the home-made specs -------------------------------------------------------------------------------

losses() { sed -n 's/.*"loss":\([^,}]*\).*/\1/p' "$1"; }

for spec in peephole focal_loss lion; do
  binary=$(trainer $spec "$specs/$spec.lua" --dtype=float64 -D units=16)
  expect_status 0 "$binary" train --text "$specs/bundled.txt" --run $spec --updates 120 --log $spec.jsonl
  losses $spec.jsonl | awk -v spec=$spec '
    NR <= 5 { first += $1 } NR > 115 { last += $1 }
    END { printf "%-12s loss %.3f, after 120 updates %.3f\n", spec, first / 5, last / 5; exit !(NR == 120 && last < 0.9 * first) }' ||
    fail "$spec does not learn"
  expect_status 0 "$binary" gradcheck --text "$specs/bundled.txt"
  grep -q ' ok$' out || fail "gradcheck of $spec looked at nothing"
done

# A step is at most a product and a loop: the paragraph of t = 7 in forward.c, and the equations of what it calls.
step=$(sed -n '/peephole, t = 7:/,/^$/p' emit-peephole/peephole/forward.c | sed '/^$/q')
calls=$(grep -E '^    (k->)?[a-z0-9_]+\(' <<<"$step" | grep -vc lstmc_barrier)
[ "$calls" -ge 1 ] && [ "$calls" -le 2 ] || fail "a step of the peephole cell is more than a product and a loop: $step"
kernel=$(sed -n 's/^    k->\([a-z0-9_]*\)(.*/\1/p' <<<"$step" | tail -n 1)
equations=$(awk -v name="SUFFIX(${kernel}_at)" '
  /^\/\* @/ { text = "" } { text = text $0 "\n" } index($0, name "(") && /^INLINE/ { printf "%s", text; exit }' \
  emit-peephole/peephole/kernels.inc)
for word in sigmoid tanh peepholes bias; do
  grep -q "$word" <<<"$equations" || fail "no $word in the loop of a step of the peephole cell: $equations"
done
grep -q "kernel' = kernel - .* \* sign(" emit-lion/lion/kernels.inc || fail "the step of Lion is no loop over a weight"

# ---- the LSTM typed anew -----------------------------------------------------------------------------------

# The reference case with that cell in place of the library's, from the same weights: the losses are Keras's.
reference train_every
cat <(sed '/^local text/,$d' "$specs/four_gates.lua") <(sed 's/  LSTM {/  FourGates {/' "$spec") >typed.lua
"$TENSORS" split weights.safetensors typed.safetensors lstm four_gates i f c o
binary=$(trainer typed typed.lua --text "$text")
expect_status 0 "$binary" train --init typed.safetensors --text "$text" --no-shuffle --updates 100 --epochs 1000 --run typed \
  --log typed.jsonl
losses typed.jsonl | paste "$SOURCE/tests/reference/losses/train_every.txt" - | awk -v limit="$(tolerance TOLERANCE_KERAS_LOSS)" '
  NF == 2 { n++; d = $1 - $2; if (d < 0) d = -d; if (d > worst) worst = d }
  END { printf "four gates   %d losses, worst difference %.2e\n", n, worst; exit !(n == 100 && worst <= limit) }' ||
  fail "an LSTM with four gate weights has other losses"

# It learns what the library's does, and what is saved of it can be gone on with.
library=$(trainer library "$spec" --text "$text")
train() { # trainer, run, options
  local binary=$1 run=$2
  shift 2
  expect_status 0 "$binary" train --text "$text" --no-shuffle --epochs 1000 --run "$run" "$@"
}
train "$library" library --init weights.safetensors --updates 20
train "$binary" whole --init typed.safetensors --updates 20
train "$binary" half --init typed.safetensors --updates 10
train "$binary" half --resume --updates 20
cmp {whole,half}/update-00000020.safetensors || fail "a resumed run of an LSTM with four gate weights differs"
"$TENSORS" split library/update-00000020.safetensors want.safetensors lstm four_gates i f c o
"$TENSORS" compare want.safetensors whole/update-00000020.safetensors "$(tolerance TOLERANCE_TWIN)" >out ||
  fail "an LSTM with four gate weights learns something else: $(grep above out)"

# With no more products, look-ups or copies, whatever the input is.
counts() { # spec, options
  "$LSTMC" "$@" --dump=plan | awk '$1 == "program" { name = $2 } / = (matmul|gather|scatter|concat) / { n[name]++ }
    END { print n["train"], n["grads"], n["window"], n["sample"] }'
}
alike() { # what it is of, counts of ours, of the library's
  [ -n "${3// /}" ] && [ "$2" = "$3" ] ||
    fail "products, look-ups and joins of train, grads, window, sample, $1: $2, the library's $3"
}
alike scaled "$(counts typed.lua --text "$text")" "$(counts "$spec" --text "$text")"
sed '/^local text/,$s/FourGates {/LSTM {/' "$specs/four_gates.lua" | sed -n '/^local text/,$p' >onehot.lua
alike one-hot "$(counts "$specs/four_gates.lua" --text "$specs/bundled.txt")" "$(counts onehot.lua --text "$specs/bundled.txt")"
