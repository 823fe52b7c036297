#!/usr/bin/env bash
# 40 updates at once, 20 and a resume to 40, other numbers of threads, other times of saving: one checkpoint, byte for byte.
# usage: resume.sh SPEC TEXT
. "$(dirname "$0")/lib.sh"
spec=$1 text=$2
[ -e "$text" ] || skip "$text is not there"
binary=$(trainer model "$spec" --text "$text")

train() { # run, options
  local run=$1
  shift
  "$binary" train --text "$text" --run "$run" --seed 7 --log "$run.jsonl" "$@" 2>err || { cat err >&2; fail "train $*"; }
}

bits() { sha256sum <"$1/update-00000040.safetensors"; }

train whole --updates 40 --threads 2
train parts --updates 20 --threads 1
train parts --updates 40 --threads 3 --resume
[ "$(bits whole)" = "$(bits parts)" ] || fail "a resumed run differs"
cmp whole.jsonl parts.jsonl || fail "the log of a resumed run differs"
for threads in 1 3 4 8; do
  train "threads-$threads" --updates 40 --threads $threads
  [ "$(bits whole)" = "$(bits "threads-$threads")" ] || fail "$threads threads give other bits"
done

# Killed with -9 some moments after it has saved an update, in one of the next or while it saves that; then resumed.
killed=0
for turn in 0.3:3 0.1:6 0.03:17 0.01:28 0.003:39; do
  moment=${turn%:*} limit=${turn#*:}
  before=$(newest killed)
  "$binary" train --text "$text" --run killed --seed 7 --updates $limit --threads 2 --save-every 0 --resume 2>err &
  child=$!
  while [ "$(newest killed)" = "$before" ] && kill -0 $child 2>/dev/null; do sleep 0.01; done
  sleep $moment
  kill_child
  [ $status = 0 ] || killed=$((killed + 1)) # a small model came to its limit before
done
[ $killed -ge 1 ] || fail "no process died of kill -9"
echo "killed $killed times, the last at $(basename "$(newest killed)")"
train killed --updates 40 --threads 2 --resume
[ "$(bits whole)" = "$(bits killed)" ] || fail "a killed and resumed run differs"

# SIGTERM saves and says so.
"$binary" train --text "$text" --run stopped --seed 7 --updates 1000000 --log stopped.jsonl 2>err &
child=$!
await stopped.jsonl
kill -TERM $child
status=0
wait $child || status=$?
[ $status = 75 ] || { cat err >&2; fail "status $status after SIGTERM"; }
ls stopped/update-*.safetensors >/dev/null
