#!/usr/bin/env bash
# What every command of a trainer says and how it ends, with the model of fake_model.c.
# usage: commands.sh
. "$(dirname "$0")/fake.sh"
FAKE=$(fake_model fake)
FAKE64=$(fake_model fake64 -DFAKE_DOUBLE)

text=$WORK/text.txt
for i in $(seq 40); do echo "the quick brown fox jumps over a lazy dog and a café line ABC"; done >"$text"
export LSTMC_DATA=$WORK/nowhere

# ---- usage: exit 2 and the option's name -----------------------------------------------------------

usage() { # what must be said, arguments
  local said=$1
  shift
  expect_status 2 "$FAKE" "$@"
  expect_text err "$said"
  [ ! -s out ] || fail "an error on stdout: $*"
}

usage "which command"
usage "unknown command learn" learn
usage "unknown option --frob" --frob
usage "unknown option --frob" train --frob
usage "unknown option --frob" train --frob=3
usage "unknown option --temperature" train --temperature 1
usage "unknown option -x" train -x
usage "options begin with --" train 40
usage "--updates needs a value" train --updates
usage "--updates x" train --updates x
usage "--updates 1.5" train --updates 1.5
usage "--updates -1" train --updates -1
usage "--updates : must" train --updates=
usage "--epochs 99999999999999999999" train --epochs 99999999999999999999
usage "--seed 4294967296" train --seed 4294967296
usage "--threads 0" train --threads 0
usage "--resume takes no value" train --resume=yes
usage "--learning-rate nan" train --learning-rate nan
usage "--learning-rate inf" train --learning-rate inf
usage "--learning-rate 0,1" train --learning-rate 0,1
usage "--learning-rate -1" train --learning-rate -1
usage "--validation-split 1" train --validation-split 1
usage "--top-p 0" sample --top-p 0
usage "--top-p 1.1" sample --top-p 1.1
usage "--mode sideways" sample --mode sideways
usage "--part half" eval --part half
usage "--isa mmx" bench --isa mmx
usage "--isa avx512" bench --isa avx512 # the model has baseline kernels only
usage "--weights f16: must be one of float32|bf16" sample --weights f16
usage "--weights bf16: no product of this model" bench --weights bf16
usage "unknown option --weights" train --weights bf16
usage "-o OUT" gradients --text "$text"
usage "--init" train --resume --init x --text "$text"

# ---- help and version ---------------------------------------------------------------------------

expect_status 0 "$FAKE" --version
expect_text out "fake (lstmc"
expect_status 0 "$FAKE" --help
for command in train sample eval gradients gradcheck bench info; do
  expect_text out "  $command "
done
expect_status 0 "$FAKE" train --help
expect_text out "--learning-rate X"
grep -q temperature out && fail "help of train has options of sample"
expect_text out "the run folder's"
for command in gradients gradcheck; do # have no run
  expect_status 0 "$FAKE" $command --help
  grep -q "run folder" out && fail "help of $command speaks of a run"
done
expect_status 0 "$FAKE" --help
awk '/^  --/ && NF > 2 && substr($0, 36, 1) != " "' out >wide
[ ! -s wide ] || fail "too wide for its column: $(cat wide)"

# ---- texts: exit 3 and the place ----------------------------------------------------------------

refused() { # what must be said, arguments
  local said=$1
  shift
  expect_status 3 "$FAKE" "$@"
  expect_text err "$said"
}

refused "$WORK/nowhere/fake.txt" train --run r0 </dev/null
expect_text err "--text FILE"
[ ! -e r0 ] || fail "a run folder without a text"
printf 'the fo\xc3' >broken.txt
refused "byte offset 6: truncated character" train --run r0 --text broken.txt
printf 'abc\nab#c de\n' >foreign.txt
refused "line 2, column 3 (character 7): U+0023 '#'" train --run r0 --text foreign.txt
printf 'abcd' >short.txt
refused "need 5" train --run r0 --text short.txt
mkfifo fifo
refused "not a regular file" train --run r0 --text fifo
refused "not a regular file" train --run r0 --text /dev/zero
refused "a directory" train --run r0 --text .

# ---- train, sample, eval --------------------------------------------------------------------------

refused "holds no checkpoint" sample --run r1 --prompt a
expect_status 0 "$FAKE" train --text "$text" --run r1 --updates 300 --validation-split 0.1
expect_text err "saved     r1/update-00000300.safetensors"
[ ! -s out ] || fail "train talks on stdout"
refused "--resume" train --text "$text" --run r1
expect_text err "--run DIR"
expect_status 0 "$FAKE" train --run r1 --resume --updates 300 # finds the text by run.json
expect_text err "reached already"
refused "--seed" train --run r1 --resume --seed 2
refused "--no-shuffle" train --run r1 --resume --no-shuffle
refused "--validation-split" train --run r1 --resume --validation-split 0.2
expect_status 0 "$FAKE" train --run r1 --resume --updates 301 --seed 1 --validation-split 0.1
sed 's/fox/fux/' "$text" >changed.txt
refused "has changed" train --run r1 --resume --updates 400 --text changed.txt
expect_status 0 "$FAKE" train --text "$text" --run fresh --resume --updates 1
expect_text err "starting at update 0"

out_is() { # text
  printf '%s' "$1" | cmp -s - out || {
    cat out >&2
    fail "stdout is not \`$1\`"
  }
}
expect_status 0 "$FAKE" sample --run r1 --prompt "CaBÉ" --length 0
out_is $'cabé\n' # through the spec's lower-casing, as far as its tables go
expect_status 0 "$FAKE" sample --run r1 --prompt "thé" --length 7 --no-echo
[ "$(wc -m <out)" = 8 ] || fail "not 7 characters and a newline"
expect_status 0 "$FAKE" sample --run r1 --prompt "a" --temperature 1 --seed 9 --length 50
mv out first
expect_status 0 "$FAKE" sample --run r1 --prompt "a" --temperature 1 --seed 9 --length 50 --threads 1
cmp first out || fail "one seed, two texts"
expect_status 0 "$FAKE" sample --run r1 --prompt "a" --temperature 1 --seed 9 --length 50 --mode stateful
cmp first out || fail "a model that knows one character back differs by mode"
expect_text err "trained to predict after"
expect_status 0 "$FAKE" sample --run r1 --prompt "a" --temperature 1 --top-k 1 --length 50
mv out first
expect_status 0 "$FAKE" sample --run r1 --prompt "a" --temperature 0 --length 50
cmp first out || fail "top-k 1 is not argmax"
FAKE_SCORES=1 expect_status 0 "$FAKE" sample --run r1 --prompt "a" --temperature 0 --length 50
cmp first out || fail "argmax needs probabilities"
expect_status 0 "$FAKE" sample --run r1 --seed 3 --length 5
expect_text err "by seed 3"
refused "--prompt: line 1, column 2 (character 2): U+0023" sample --run r1 --prompt "a#"
usage "at least one character" sample --run r1 --prompt ""
expect_status 0 "$FAKE" sample --run fresh --best --prompt a --length 1
expect_text err "taking the newest"

expect_status 0 "$FAKE" eval --run r1
expect_text out "(all, "
expect_status 0 "$FAKE" eval --run r1 --part validation
expect_text out "bits a character; accuracy"
refused "no validation split" eval --run fresh --part validation
refused "U+0023" eval --run r1 --text foreign.txt
expect_status 0 "$FAKE" eval --run r1 --text foreign.txt --unknown skip
expect_text err "skipped   1 characters"

# ---- the log: one object an update, epoch's means with the last -------------------------------------

expect_status 0 "$FAKE" train --text "$text" --run r2 --epochs 1 --log log --validation-split 0.1
head -n 1 log | grep -qE '^\{"update":1,"epoch":1,"loss":[0-9.]+,"accuracy":[0-9.]+\}$' || fail "first line of the log"
tail -n 1 log | grep -qE '"epoch_loss":[0-9.]+,"epoch_accuracy":[0-9.]+,"val_loss":[0-9.]+,"val_accuracy":[0-9.]+\}$' ||
  fail "last line of the log"
[ "$(wc -l <log)" = "$(sed -n 's/.* \([0-9,]*\) updates an epoch.*/\1/p' err | tr -d ,)" ] || fail "lines of the log"
[ -e r2/best.safetensors ] || fail "no best checkpoint"
"$FAKE" train --text "$text" --run r3 --epochs 1 --log closed --validation-split 0.1 >&- 2>&- || fail "closed streams"
cmp log closed || fail "what is said to closed streams stands in the log"
expect_status 5 bash -c "'$FAKE' sample --run r3 --prompt a >&-"
expect_text err "stdout cannot be written"

# ---- gradients, checks, figures ---------------------------------------------------------------------

expect_status 0 "$FAKE" gradients --text "$text" -o gradients.safetensors
"$TENSORS" compare gradients.safetensors gradients.safetensors 0 || fail "gradients cannot be read"
expect_status 0 "$FAKE" gradients --text "$text" --init r1/update-00000301.safetensors --output=g.safetensors
expect_status 0 "$FAKE" gradcheck --text "$text"
expect_text out "--dtype=float64"
FAKE_WRONG=5 expect_status 1 "$FAKE" gradcheck --text "$text"
expect_text out "WRONG"
expect_status 0 "$FAKE64" gradcheck --text "$text"
FAKE_WRONG=1 expect_status 1 "$FAKE64" gradcheck --text "$text"
expect_text out "WRONG"
for fake in "$FAKE" "$FAKE64"; do
  FAKE_NAN_AT=1 expect_status 1 "$fake" gradcheck --text "$text"
  grep -q "dense.kernel .* WRONG" out || fail "NaN is no wrong gradient"
done
expect_status 0 "$FAKE" info
expect_text out "870"
expect_status 0 "$FAKE" info --checkpoint r1/update-00000301.safetensors
expect_text out "whole by its CRC"

# What a foreign file holds is no order to the terminal.
header='{"__metadata__":{"checkpoint":"1","compiled":"\u001b[2J","\u009bkey":"\u007f"},"\u001b[2J":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'
printf "\\x$(printf %x ${#header})\0\0\0\0\0\0\0%s" "$header" >foreign.safetensors
expect_status 0 "$FAKE" info --checkpoint foreign.safetensors
cat out >both
refused "?[2J" sample --checkpoint foreign.safetensors --prompt a
cat err >>both
! grep -qP '[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' both || fail "controls on the terminal"
expect_status 0 "$FAKE" bench --json --threads 2
[ "$(wc -l <out)" = 1 ] || fail "bench --json is not one line"
for key in threads isa ms_per_update median gflop_per_update gflops peak_gflops share_of_peak sample_us window_ms \
  peak_memory_bytes blas; do
  expect_text out "\"$key\":"
done

# Phases: the model's two products are in two of them, the time of a nap at its end in the second of these, and together
# they are the update.
FAKE_SLEEP_US=20000 expect_status 0 "$FAKE" bench --json --threads 2
for phase in forward_recurrent backward_recurrent other; do
  grep -qE "\"$phase\":\{\"ms\":[0-9.e-]+,\"gflop\":0,\"share_of_peak\":null\}" out || fail "phase $phase"
done
grep -qE '"projections":\{"ms":[0-9.e-]+,"gflop":1.74e-07,"share_of_peak":[0-9]' out || fail "the product forward"
grep -qE '"weight_gradients":\{"ms":[0-9.e-]+,"gflop":3.48e-07,"share_of_peak":[0-9]' out || fail "the product backward"
expect_text out '"gflop_per_update":5.22e-07'
ms() { sed -nE "s/.*\"$1\":\{\"m[^:]*\":([0-9.e-]+).*/\1/p" out; }
awk -v update="$(ms ms_per_update)" -v projections="$(ms projections)" -v weights="$(ms weight_gradients)" \
  -v other="$(ms other)" 'BEGIN {
    sum = projections + weights + other
    exit !(projections > 0 && other > 0 && weights >= 20 && sum > update / 2 && sum < update * 2) }' || {
  cat out >&2
  fail "the phases are not the update"
}
expect_status 0 "$FAKE" bench
for line in "steps forward" projections "steps backward" "new weights" other; do
  expect_text out "  $line "
done

# ---- a stdout that takes nothing -----------------------------------------------------------------------

full() { # status, what must be said, arguments
  local status=$1 said=$2
  shift 2
  expect_status "$status" sh -c '"$0" "$@" >/dev/full' "$FAKE" "$@"
  expect_text err "$said: stdout cannot be written"
}
full 5 error --help
full 5 error --version
full 5 error train --help
full 5 error info
full 5 error sample --run r1 --prompt a
full 5 error eval --run r1
full 5 error bench --json
full 5 error gradcheck --text "$text"
FAKE_WRONG=5 full 1 warning gradcheck --text "$text"
