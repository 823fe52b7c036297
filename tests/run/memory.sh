#!/usr/bin/env bash
# The most memory that training ever takes (VmHWM): what --summary prints, for the arena and the text, and 12 MB for everything
# else, of which 9 are libraries, buffers of OpenBLAS and one tensor on its way to disk; with 2 threads and with 8, fresh and
# resumed.
# usage: memory.sh SPEC TEXT
. "$(dirname "$0")/lib.sh"
spec=$1 text=$2
[ -r /proc/self/status ] || skip "no /proc"
binary=$(trainer model "$spec" --text "$text")
"$LSTMC" "$spec" --text "$text" --summary >summary

# Memory:       44.1 MB: parameters 4.39 MB, ...; beside it 802 kB for the text
bytes() { awk '{ printf "%.0f", $1 * ($2 == "kB" ? 1e3 : $2 == "MB" ? 1e6 : 0) }'; }
arena=$(sed -n 's/^Memory: *\([0-9.]* [kM]*B\):.*/\1/p' summary | bytes)
corpus=$(sed -n 's/^Memory:.* beside it \([0-9.]* [kM]*B\) for the text$/\1/p' summary | bytes)
[ "${arena:-0}" -gt 0 ] && [ "${corpus:-0}" -gt 0 ] || fail "the summary says nothing of the memory"

# Trains four updates more, each with a checkpoint, and looks then.
peak() { # run, train's options
  local run=$1 child lines=0 end
  shift
  [ ! -e "$run.jsonl" ] || lines=$(wc -l <"$run.jsonl")
  end=$((lines + 4))
  "$binary" train --text "$text" --run "$run" --save-every 0 --log "$run.jsonl" "$@" 2>err &
  child=$!
  for _ in $(seq 600); do
    [ ! -e "$run.jsonl" ] || lines=$(wc -l <"$run.jsonl")
    [ "$lines" -lt $end ] || break
    sleep 0.1
  done
  sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB$/\1/p' /proc/$child/status | awk '{ print $1 * 1024 }'
  kill -TERM $child
  wait $child || [ $? = 75 ] || { cat err >&2; fail "train $*"; }
}

check() { # what, peak
  awk -v what="$1" -v peak="$2" -v arena="$arena" -v corpus="$corpus" 'BEGIN {
    printf "%s: %.1f MB, of which arena and text %.1f MB\n", what, peak / 1e6, (arena + corpus) / 1e6
    exit !(peak > arena && peak <= arena + corpus + 12e6) }' || fail "$1 takes more"
}

check "2 threads" "$(peak two --threads 2)"
check "resumed" "$(peak two --threads 2 --resume)"
check "8 threads" "$(peak eight --threads 8)"
