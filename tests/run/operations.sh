#!/usr/bin/env bash
# In the emitted trainer, every operation that a spec can use computes what it says and has the right gradient.
. "$(dirname "$0")/lib.sh"
letters=$SOURCE/tests/reference/specs/forty_three.txt

right_gradients() { # spec, text, how many tensors it has
  local binary
  binary=$(trainer "$(basename "$1" .lua)" "$1" --text "$2")
  expect_status 0 "$binary" gradcheck --text "$2"
  [ "$(grep -c ' ok$' out)" = "$3" ] || { cat out; fail "$1: not $3 tensors with right gradients"; }
}
right_gradients "$SOURCE/tests/grad/operations.lua" "$letters" 18

# In float32 too, be there a kink in every step. (Sanitizers see nothing here that they have not seen above, and take long.)
if [[ $FLAGS != *-fsanitize* ]]; then
  cat >kinks.lua <<'EOF'
local text = Text { "bundled.txt", lowercase = true }
return Model {
  name = "kinks",
  data = Windows { text, length = 12, input = "onehot" },
  layers = {
    LSTM { 24, activation = "relu", return_sequences = true },
    LSTM { 12, recurrent_activation = "hard_sigmoid" },
    Dense { 16, activation = "relu" },
    Dense { #text:chars(), activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = "sgd" },
  fit = Fit { epochs = 1, batch_size = 7 },
}
EOF
  right_gradients kinks.lua "$SOURCE/specs/bundled.txt" 10
fi

# Two products of one shape, 16x16x16, one of which has its first operand transposed and the other its second; and a copy for the
# way back that can be made before anything else.
cat >corners.lua <<'EOF'
local text = Text { "forty_three.txt" }
return Model {
  name = "corners",
  dtype = "float64",
  data = Windows { text, length = 2, input = "scaled" },
  layers = {
    SimpleRNN { 1, return_sequences = true },
    SimpleRNN { 1, return_sequences = true },
    LSTM { 16 },
    Dense { 16 },
    Dense { 16 },
    Dense { #text:chars(), activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = "sgd" },
  fit = Fit { epochs = 1, batch_size = 16 },
}
EOF
right_gradients corners.lua "$letters" 15

# Of the last eval.
loss() { sed -n 's/^loss \([^ ]*\) nats.*/\1/p' out; }
differences() { # lstmc options: what the identities of tests/grad/identities.lua differ by
  binary=$(trainer identities "$SOURCE/tests/grad/identities.lua" --text "$letters" "$@")
  rm -rf run
  expect_status 0 "$binary" train --text "$letters" --run run --updates 1
  expect_status 0 "$binary" eval --run run
  loss
}
right=$(differences)
wrong=$(differences -D fault=0.001)
awk -v right="$right" -v wrong="$wrong" 'BEGIN { exit !(right != "" && right < 1e-20 && wrong > 1e-7) }' ||
  fail "identities: they differ by $right, and by $wrong where one is wrong"
