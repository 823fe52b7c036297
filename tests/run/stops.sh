#!/usr/bin/env bash
# A run that is stopped, killed, starved of disk or misled goes on as if nothing had happened, or stops with a clear word;
# with the model of fake_model.c.
# usage: stops.sh [KILLS]
. "$(dirname "$0")/fake.sh"
FAKE=$(fake_model fake)
kills=${1:-30}

text=$WORK/text.txt
for i in $(seq 40); do echo "the quick brown fox jumps over a lazy dog and a café line $i" | tr 0-9 a-j; done >"$text"
same() { cmp "$1/$3" "$2/$3" || fail "$1 and $2 differ in $3"; }

# ---- the whole run against its parts ------------------------------------------------------------------

last=2000
train() { # run, options
  local run=$1
  shift
  "$FAKE" train --text "$text" --run "$run" --validation-split 0.2 --log "$run.log" "$@"
}
start() { # in the background, as process $child; what it says goes to err
  local run=$1
  shift
  "$FAKE" train --text "$text" --run "$run" --validation-split 0.2 --log "$run.log" "$@" 2>err &
  child=$!
}
expect_status 0 train whole --updates $last --threads 1
file=update-$(printf %08d $last).safetensors
epoch=$(sed -n 's/.* \([0-9,]*\) updates an epoch.*/\1/p' err | tr -d ,)

# Stops in the middle, at, before and after the end of an epoch.
for stop in 7 $((epoch - 1)) $epoch $((epoch + 1)) $((2 * epoch)) 1999 $last; do
  expect_status 0 train parts --updates "$stop" --resume --threads $((stop % 3 + 1))
done
same whole parts "$file"
same whole parts best.safetensors
cmp whole.log parts.log || fail "the logs differ"
[ "$(ls parts/update-* | wc -l)" = 3 ] || fail "not the 3 newest checkpoints"

# ---- kill -9 --------------------------------------------------------------------------------------------

# Each process gets a random time; it saves after every update, so it dies in the middle of writing more often than not.
# Where disks are fast the run comes to its end before all have had their turn.
died=0 saved=0 before=
for i in $(seq "$kills"); do
  FAKE_SLEEP_US=100 start killed --updates $last --resume --threads 2 --save-every 0
  sleep "0.0$((RANDOM % 90 + 10))"
  kill_child
  [ $status = 137 ] || break
  died=$((died + 1))
  now=$(newest killed)
  [ "$now" = "$before" ] || saved=$((saved + 1))
  before=$now
done
[ $died -ge 5 ] && [ $saved -ge 1 ] || fail "$died processes died of kill -9, $saved of them after they had saved"
echo "killed $died times, $saved of them after it had saved, the last at $(basename "$(newest killed)")"
expect_status 0 train killed --updates $last --resume --threads 2
same whole killed "$file"
same whole killed best.safetensors
cmp whole.log killed.log || fail "the log of the killed run differs"
! ls killed/*.tmp 2>/dev/null || fail "a temporary file is left"

# ---- signals and limits -------------------------------------------------------------------------------------

# Goes on to the same bits, and the log has each update once.
goes_on() { # run
  local at
  at=$(basename "$(newest "$1")" .safetensors)
  at=$((10#${at#update-}))
  [ $at -gt 0 ] && [ $at -lt $last ] || fail "$1 stopped at update $at"
  expect_status 0 train "$1" --resume --updates $last
  expect_text err "from update $at to"
  same whole "$1" "$file"
  same whole "$1" best.safetensors
  cmp whole.log "$1.log" || fail "the log of $1 differs"
}
stopped_by() { # signal, status
  FAKE_SLEEP_US=1000 start "stopped-$1" --updates 1000000
  await "stopped-$1.log"
  kill "-$1" $child
  status=0
  wait $child || status=$?
  [ $status = "$2" ] || { cat err >&2; fail "status $status after SIG$1"; }
  expect_text err "go on with: $FAKE train --resume --run stopped-$1"
  goes_on "stopped-$1"
}
stopped_by INT 130
stopped_by TERM 75
stopped_by HUP 75
FAKE_SLEEP_US=1000 expect_status 0 train limited --time-limit 0.3 --epochs 1000000
goes_on limited

# Two of them leave at once, even while an update takes long.
FAKE_SLEEP_US=5000000 start twice --updates 5
await twice/run.json
sleep 0.5
kill -INT $child
sleep 0.2
kill -INT $child
status=0
wait $child || status=$?
[ $status = 130 ] || fail "status $status after two SIGINT"

# ---- two trainers, one folder -------------------------------------------------------------------------------

FAKE_SLEEP_US=1000 start shared --updates 1000000
await shared.log
expect_status 3 train shared --updates 5 --resume
expect_text err "process $child"
kill -9 $child
wait $child 2>/dev/null || true

# Both begin in a folder that is not there yet: one of them trains, and the other takes nothing from it.
for i in $(seq 40); do
  rm -rf race
  "$FAKE" train --text "$text" --run race --updates 5 2>other &
  child=$!
  ends=0
  "$FAKE" train --text "$text" --run race --updates 5 2>err || ends=$?
  wait $child && ends+=,0 || ends+=,$?
  [ $ends = 0,3 ] || [ $ends = 3,0 ] || { cat err other >&2; fail "status $ends of two trainers, round $i"; }
  [ -s race/update-00000005.safetensors ] || fail "no trainer has a run, round $i"
done

# ---- damage ---------------------------------------------------------------------------------------------------

cp -r whole damaged
rm damaged/best.safetensors
last_file=$(newest damaged)
printf X | dd of="$last_file" bs=1 seek=5000 conv=notrunc status=none
expect_status 0 train damaged --resume --updates $last
expect_text err "its CRC is wrong"
same whole damaged "$file" # from the one before, with the same bits
[ -e "$last_file.damaged" ] || fail "the damaged checkpoint is gone"
for damaged in damaged/update-*.safetensors; do truncate -s 5000 "$damaged"; done
expect_status 3 train damaged --resume --updates $last
expect_text err "no checkpoint of this run can be used"
expect_status 3 "$FAKE" sample --run damaged --prompt a
expect_status 3 "$FAKE" sample --checkpoint "$text" --prompt a
expect_status 3 "$FAKE" eval --checkpoint "$last_file.damaged" --text "$text"
expect_text err "its CRC is wrong"

# ---- disks ------------------------------------------------------------------------------------------------------

touch file
expect_status 5 train file/run --updates 5
expect_text err "cannot be made"
# A file-size limit stands for a full disk: the log fits under it, no checkpoint does.
expect_status 5 bash -c "ulimit -f 4; '$FAKE' train --text '$text' --run full --updates 10 --save-every 0"
expect_text err "cannot be written: File too large"
expect_text err "10 updates are lost"
[ -z "$(ls full | grep safetensors)" ] || fail "a part of a checkpoint stands in a full folder"
expect_status 0 train full --resume --updates 5
# Full in the middle: what was saved before stays, and with room again it goes on from there.
expect_status 0 train filled --updates 300
expect_status 5 bash -c "ulimit -f 4; '$FAKE' train --text '$text' --run filled --resume --validation-split 0.2 --updates 400 --log filled.log"
expect_text err "100 updates are lost"
goes_on filled
# The best cannot be written: no checkpoint claims it, and whoever resumes at the end of its epoch gets it after all.
mkdir -p bested/best.safetensors
later=$((epoch + 10))
for stop in $epoch $later; do
  expect_status 5 train bested --resume --updates "$stop"
  expect_text err "error: bested/best.safetensors is not of the best epoch"
  "$FAKE" info --checkpoint "$(newest bested)" >out
  grep -q 'best_epoch  *"0"' out || fail "$(newest bested) claims a best epoch"
  cp -r bested "bested-$stop"
  cp bested.log "bested-$stop.log"
  rmdir "bested-$stop/best.safetensors"
done
expect_status 0 train "bested-$epoch" --resume --updates "$epoch"
[ -s "bested-$epoch/best.safetensors" ] || fail "the best was not written after all"
goes_on "bested-$epoch"
goes_on "bested-$later"

# ---- divergence ---------------------------------------------------------------------------------------------------

FAKE_NAN_AT=50 expect_status 4 train diverged --updates 100 --save-every 0
expect_text err "update 50: NaN or infinity in the gradient of dense.kernel"
expect_text err "diverged/update-00000049.safetensors"
[ "$(newest diverged)" = diverged/update-00000049.safetensors ] || fail "a poisoned model was saved"
expect_status 4 train wild --updates 1000 --learning-rate 1e30
expect_text err "diverged"
