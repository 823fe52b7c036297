#!/usr/bin/env bash
# The table of bad input: what a user can get wrong or a machine can refuse, the exit status, and what the one message must say:
# the place, and the way out. Nothing may be left half written: whatever stood in the folder stands there as it was, and nothing
# else does. The exact messages of more specs are in tests/spec.
. "$(dirname "$0")/fake.sh"
FAKE=$(fake_model fake)
unset LSTMC_DATA

# ---- what the rows need ----------------------------------------------------------------------------

for i in $(seq 40); do echo "the quick brown fox jumps over a lazy dog and a café line $i" | tr 0-9 a-j; done >fake.txt
for i in $(seq 9); do echo "a text to learn, line $i"; done >text.txt
printf 'na\xefve latin\n' >latin1.txt
printf 'short' >short.txt
printf 'abcd' >tiny.txt
printf 'the fox #1\n' >hash.txt
mkfifo fifo.txt

layers='layers = { LSTM { 4 }, Dense { #text:chars(), activation = "softmax" } }'
spec() { # name, text before the model, fields instead of those that work
  local data='data = Windows { text, length = 8 }' compile='compile = Compile { loss = "categorical_crossentropy" }'
  {
    echo "local text = Text { \"${TEXT:-text.txt}\" }"
    printf "%b" "${2:-}"
    echo "return Model { name = \"model\", ${data}, ${3:-$layers}, ${4:-$compile} }"
  } >"$1.lua"
}
spec right
spec unknown "" "" 'compile = Compile { loss = "mse", optimiser = "adam" }'
spec type "" 'layers = { LSTM { "4" }, Dense { #text:chars() } }'
spec shapes "" 'layers = { LSTM { 4 }, LSTM { 4 }, Dense { #text:chars() } }'
spec python "" 'layers = { LSTM { 4, return_sequences = True }, LSTM { 4 }, Dense { #text:chars(), activation = "softmax" } }'
spec endless 'while true do end\n'
spec gigabyte 'local s = ("x"):rep(1 << 30)\n'
spec execute 'os.execute("touch touched")\n'
TEXT=fifo.txt spec fifo
TEXT=latin1.txt spec latin1
TEXT=short.txt spec short
TEXT=nowhere.txt spec nowhere
echo 'local text = Text { "text.txt" }' >returns.lua

"$FAKE" train --run run --updates 30 --validation-split 0.1 2>/dev/null
"$FAKE" train --run plain --updates 3 2>/dev/null
checkpoint=run/update-00000030.safetensors
head -c 2000 $checkpoint >truncated.safetensors
head -c 5000 /dev/urandom >random.safetensors
cp $checkpoint flipped.safetensors
byte=$(od -An -tu1 -j 3000 -N 1 flipped.safetensors)
printf "\\x$(printf %x $((byte ^ 16)))" | dd of=flipped.safetensors bs=1 seek=3000 conv=notrunc status=none
"$WEIGHTS" foreign.safetensors dense.kernel:3,29 dense.bias:29
{ head -n 20 fake.txt; echo "another end"; } >other.txt
mkdir -p empty damaged taken/model/update.c
for i in 1 2; do head -c 2000 $checkpoint >damaged/update-0000000$i.safetensors; done
: >file

# A run that someone else has.
FAKE_SLEEP_US=1000 "$FAKE" train --run busy --updates 1000000 >/dev/null 2>&1 &
holder=$!
trap 'kill -9 $holder; wait $holder 2>/dev/null || true; rm -rf "$WORK"' EXIT
for i in $(seq 500); do [ -s busy/run.json ] && break; sleep 0.01; done

# ---- the table ---------------------------------------------------------------------------------------

# A disk without room: no file may grow beyond so many KiB.
within() { (ulimit -f "$1" && shift && exec "$@"); }
# Root may do what it likes everywhere but there.
if [ "$(id -u)" = 0 ]; then locked=/sys/kernel; else locked=$WORK/locked && mkdir locked && chmod 555 locked; fi

rows=0
standing() { find . -path ./busy -prune -o -type d -printf '%p\n' -o ! -name out ! -name err ! -name lock -printf '%p %s %T@ %l\n' | sort; }
refuse() { # title, status, fragments ... -- command
  local title=$1 want=$2 got=0 begin fragments=()
  shift 2
  while [ "$1" != -- ]; do
    fragments+=("$1")
    shift
  done
  shift
  : >out
  : >err
  standing >"$WORK.before"
  begin=$(date +%s%N)
  "$@" </dev/null >out 2>err || got=$?
  [ $((($(date +%s%N) - begin) / 1000000)) -lt 8000 ] || fail "$title: took longer than 8 s"
  [ $got = "$want" ] || { cat err >&2; fail "$title: status $got instead of $want"; }
  [ "$(grep -c 'error: ' err)" = 1 ] || { cat err >&2; fail "$title: not one message"; }
  for fragment in "${fragments[@]}"; do
    grep -qF -e "$fragment" err || { cat err >&2; fail "$title: no \`$fragment\` in that"; }
  done
  [ ! -s out ] || fail "$title: an error on stdout"
  standing | diff "$WORK.before" - >&2 || fail "$title: something else stands in the folder"
  rows=$((rows + 1))
}

# shellcheck disable=SC2086
{
  # The compiler: a spec.
  refuse "unknown field"          2 "unknown.lua:2:" "optimiser" "did you mean \`optimizer\`" -- "$LSTMC" unknown.lua -o made
  refuse "wrong type"             2 "type.lua:2:" "units must be a positive integer, found \"4\"" -- "$LSTMC" type.lua -o made
  refuse "shapes do not fit"      2 "shapes.lua:2:" "needs a sequence" "return_sequences = true" -- "$LSTMC" shapes.lua -o made
  refuse "missing return"         2 "returns.lua" "return Model" -- "$LSTMC" returns.lua -o made
  refuse "True"                   2 "python.lua:2:" "\`true\`" -- "$LSTMC" python.lua -o made
  refuse "an endless loop"        2 "endless.lua" "time limit" -- "$LSTMC" endless.lua -o made
  refuse "a gigabyte string"      2 "gigabyte.lua" "memory limit" -- "$LSTMC" gigabyte.lua -o made
  refuse "os.execute"             2 "execute.lua:2:" "\`os\`" -- "$LSTMC" execute.lua -o made
  refuse "no such spec"           2 "nothing.lua" -- "$LSTMC" nothing.lua -o made
  refuse "a folder as spec"       2 "empty" -- "$LSTMC" empty -o made
  # The compiler: a corpus.
  refuse "a FIFO as corpus"       2 "fifo.txt" "not a regular file" -- "$LSTMC" fifo.lua -o made
  refuse "Latin-1"                2 "latin1.txt" "byte offset 2" "UTF-8" -- "$LSTMC" latin1.lua -o made
  refuse "shorter than a window"  2 "short.txt" "character" -- "$LSTMC" short.lua -o made
  refuse "no corpus"              2 "nowhere.txt" "LSTMC_DATA" -- "$LSTMC" nowhere.lua -o made
  refuse "no such --text"         2 "--text" "nowhere.txt" -- "$LSTMC" right.lua -o made --text nowhere.txt
  # The compiler: options.
  refuse "unknown option"         2 "unknown option --chek" -- "$LSTMC" right.lua --chek
  refuse "unknown parameter"      2 "option -D" "units" -- "$LSTMC" right.lua -o made -D units=3
  refuse "unknown pass"           2 "unknown option -fno-magic" "fold" -- "$LSTMC" right.lua -o made -fno-magic
  refuse "unknown stage"          2 "--dump" "plan" -- "$LSTMC" right.lua --dump=plans
  refuse "nowhere to write"       2 "-o DIR" -- "$LSTMC" right.lua
  refuse "a bad name"             2 "--name" "3d" -- "$LSTMC" right.lua -o made --name 3d
  refuse "no value"               2 "option -MT needs a value, found none" -- "$LSTMC" right.lua -o made -MD -MT
  for option in -o --text --name -D -MF; do
    refuse "an empty $option"     2 "option $option needs a value, found an empty one" -- "$LSTMC" right.lua "$option" ""
  done
  refuse "the same behind ="      2 "option --text needs a value, found an empty one" -- "$LSTMC" right.lua -o made --text=
  refuse "too little memory"      2 "--max-memory" -- "$LSTMC" right.lua -o made --max-memory 1K
  # The compiler: a disk.
  refuse "unwritable folder"      2 "-o" "$locked/made" -- "$LSTMC" right.lua -o "$locked/made"
  refuse "a file for a folder"    2 "-o" "file/made" -- "$LSTMC" right.lua -o file/made
  refuse "a folder for a file"    2 "-o" "taken/model/update.c: it is not a regular file" -- "$LSTMC" right.lua -o taken
  refuse "a full disk"            2 "-o" "made/model/" "File too large" -- within 20 "$LSTMC" right.lua -o made
  refuse "no room for a depfile"  2 "-MF" "$locked/d" -- "$LSTMC" right.lua -o made -MD -MF "$locked/d" -MT x

  # The trainer: texts.
  refuse "no text"                3 "nowhere.txt" -- "$FAKE" train --run new --text nowhere.txt
  refuse "a FIFO as text"         3 "fifo.txt" "not a regular file" -- "$FAKE" train --run new --text fifo.txt
  refuse "Latin-1 as text"        3 "latin1.txt" "byte offset 2" -- "$FAKE" train --run new --text latin1.txt
  refuse "a folder as text"       3 "empty" "a directory" -- "$FAKE" eval --run run --text empty
  refuse "a text too short"       3 "tiny.txt" "need 5" -- "$FAKE" eval --run run --text tiny.txt
  refuse "unknown character"      3 "hash.txt" "line 1, column 9" "'#'" "--unknown skip" -- "$FAKE" eval --run run --text hash.txt
  refuse "the same in a prompt"   3 "--prompt" "column 5" "'#'" -- "$FAKE" sample --run run --prompt "the #"
  refuse "the text has changed"   3 "other.txt" "has changed" -- "$FAKE" train --run run --resume --updates 60 --text other.txt
  # The trainer: checkpoints.
  for file in truncated random flipped; do
    refuse "$file checkpoint"     3 $file.safetensors -- "$FAKE" sample --checkpoint $file.safetensors --prompt a
    refuse "$file weights"        3 $file.safetensors -- "$FAKE" train --init $file.safetensors --run new
  done
  refuse "a foreign checkpoint"   3 foreign.safetensors -- "$FAKE" sample --checkpoint foreign.safetensors --prompt a
  refuse "foreign weights"        3 foreign.safetensors "dense.kernel" "29" -- "$FAKE" gradients --init foreign.safetensors -o made
  refuse "no checkpoint"          3 nothing.safetensors -- "$FAKE" eval --checkpoint nothing.safetensors
  # The trainer: run folders.
  refuse "an empty run folder"    3 "empty" "\`$FAKE train\`" -- "$FAKE" sample --run empty --prompt a
  refuse "a run already there"    3 "run" "--resume" "--run DIR" -- "$FAKE" train --run run
  refuse "a run folder in use"    3 "busy" "process $holder" -- "$FAKE" train --run busy --resume
  refuse "another seed"           3 "--seed" "--run DIR" -- "$FAKE" train --run run --resume --seed 2 --updates 60
  refuse "only damaged ones"      3 "no checkpoint of this run" -- "$FAKE" eval --run damaged
  refuse "no probabilities"       3 "temperature 0 takes the largest" -- env FAKE_SCORES=1 "$FAKE" sample --run run --prompt a --no-echo --temperature 1
  refuse "no split to look at"    3 "validation" -- "$FAKE" eval --run plain --part validation
  refuse "unwritable folder"      5 "$locked/run" -- "$FAKE" train --run "$locked/run"
  refuse "a file for a folder"    5 "file/run" -- "$FAKE" train --run file/run
  refuse "nowhere for a log"      5 "--log" "$locked/log" -- "$FAKE" train --run new/run --log "$locked/log"
  refuse "a folder for a log"     5 "--log ." "a directory" -- "$FAKE" train --run new --log .
  refuse "no room for gradients"  5 "made" "File too large" -- within 1 "$FAKE" gradients -o made
  refuse "a FIFO for gradients"   5 "fifo.txt" "not a regular file" -- "$FAKE" gradients -o fifo.txt
  refuse "gradients not finite"   4 "NaN or infinity in the gradient of dense.kernel" -- env FAKE_NAN_AT=1 "$FAKE" gradients -o made
  refuse "nowhere for gradients"  5 "$locked/g" -- "$FAKE" gradients -o "$locked/g"
  # The trainer: options.
  refuse "no command"             2 "--help" -- "$FAKE"
  refuse "unknown command"        2 "learn" "\`$FAKE --help\`" -- "$FAKE" learn
  refuse "unknown option"         2 "unknown option --epoch" "\`$FAKE train --help\`" -- "$FAKE" train --epoch 3
  refuse "not of this command"    2 "unknown option --prompt" -- "$FAKE" train --prompt a
  refuse "no value"               2 "--epochs needs a value" -- "$FAKE" train --epochs
  refuse "malformed"              2 "--epochs ten" "whole number" -- "$FAKE" train --epochs ten
  refuse "out of range"           2 "--top-p 1.5" "at most 1" -- "$FAKE" sample --top-p 1.5
  refuse "too much of it"         2 "--temperature 1e9" "from 0 to 1e6" -- "$FAKE" sample --temperature 1e9
  refuse "too long a time"        2 "--time-limit 1e10" "from 0 to 1e9" -- "$FAKE" train --time-limit 1e10
  refuse "too fast"               2 "--learning-rate 1e31" "from 0 to 1e30" -- "$FAKE" train --learning-rate 1e31
  refuse "a comma"                2 "--temperature 0,7" -- "$FAKE" sample --temperature 0,7
  refuse "a word"                 2 "--mode slide" "stateful|window" -- "$FAKE" sample --mode slide
  refuse "an empty name"          2 "--run needs a DIR" -- "$FAKE" train --run ""
  for option in text checkpoint; do
    refuse "an empty name"        2 "--$option needs a FILE" -- "$FAKE" eval --$option ""
  done
  for option in text init output; do
    refuse "an empty name"        2 "--$option needs a FILE" -- "$FAKE" gradients -o made --$option=
  done
  refuse "an empty name"          2 "--log needs a FILE.jsonl" -- "$FAKE" train --run new --log ""
  refuse "neither nor"            2 "--init" "--resume" -- "$FAKE" train --resume --init $checkpoint
  for command in sample eval; do
    refuse "a file and a folder"  2 "--checkpoint" "--run" -- "$FAKE" $command --checkpoint $checkpoint --run run
    refuse "a file and the best"  2 "--checkpoint" "--best" -- "$FAKE" $command --best --checkpoint $checkpoint
  done
}

# ---- a full disk while training ------------------------------------------------------------------------

# It goes on, warning at each save, and says at the end what is lost; the checkpoint from before stays, and a resume with more room
# gives what a run with room gives.
cp -r run full
got=0
within 4 "$FAKE" train --run full --resume --updates 60 --save-every 0 >out 2>err || got=$?
[ $got = 5 ] || { cat err >&2; fail "status $got on a full disk"; }
expect_text err "warning: full/update-00000031.safetensors cannot be written: File too large"
expect_text err "30 updates are lost"
[ "$(ls full/*.safetensors)" = "$(ls run/*.safetensors | sed 's/^run/full/')" ] || fail "a full disk: $(ls full)"
[ -z "$(find . -path ./busy -prune -o -name '*.tmp' -print)" ] || fail "a full disk leaves a temporary file"
expect_status 0 "$FAKE" train --run full --resume --updates 60
expect_status 0 "$FAKE" train --run run --resume --updates 60
cmp full/update-00000060.safetensors run/update-00000060.safetensors || fail "a run on a full disk goes on to other bits"

kill -0 $holder || fail "the trainer that held the folder is gone"
echo "$rows rows"
[ $rows -ge 60 ] || fail "only $rows rows"
