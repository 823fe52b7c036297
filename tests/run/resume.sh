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

newest() { sha256sum <"$1/update-00000040.safetensors"; }

train whole --updates 40 --threads 2
train parts --updates 20 --threads 1
train parts --updates 40 --threads 3 --resume
[ "$(newest whole)" = "$(newest parts)" ] || fail "a resumed run differs"
cmp whole.jsonl parts.jsonl || fail "the log of a resumed run differs"
for threads in 1 3 4 8; do
  train "threads-$threads" --updates 40 --threads $threads
  [ "$(newest whole)" = "$(newest "threads-$threads")" ] || fail "$threads threads give other bits"
done

# Killed with -9 at random moments, then resumed.
train_killed() {
  "$binary" train --text "$text" --run killed --seed 7 --updates 40 --threads 2 --save-every 0 --resume 2>err &
  local child=$!
  sleep "0.$((RANDOM % 40 + 10))"
  kill -9 $child 2>/dev/null || true
  wait $child 2>/dev/null || true
}
for i in $(seq "${KILLS:-5}"); do train_killed; done
train killed --updates 40 --threads 2 --resume
[ "$(newest whole)" = "$(newest killed)" ] || fail "a killed and resumed run differs"

# SIGTERM saves and says so.
"$binary" train --text "$text" --run stopped --seed 7 --updates 1000000 2>err &
child=$!
sleep 1
kill -TERM $child
status=0
wait $child || status=$?
[ $status = 75 ] || { cat err >&2; fail "status $status after SIGTERM"; }
ls stopped/update-*.safetensors >/dev/null
