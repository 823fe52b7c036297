#!/usr/bin/env bash
# Training with a BLAS that cannot count, with too little memory, under nohup, with samples on the way; with the model of
# fake_model.c.
. "$(dirname "$0")/fake.sh"
FAKE=$(fake_model fake)
text=$WORK/text.txt
for i in $(seq 40); do echo "the quick brown fox jumps over a lazy dog"; done >"$text"
train() { # run, options
  local run=$1
  shift
  "$FAKE" train --text "$text" --run "$run" "$@"
}

echo 'int openblas_get_parallel(void) { return 0; }' >serial.c # by this the serial build is known
serial=$(fake_model serial serial.c)
FAKE=$serial expect_status 1 train alone --updates 1 --threads 2
expect_text err "serial build"
FAKE=$serial expect_status 0 train alone --updates 1 --threads 1

with_little() { (ulimit -v 900000 && train little --updates 1 --threads "$1"); }
if [[ $FLAGS != *-fsanitize* ]]; then # sanitizers take terabytes of address space
  expect_status 1 with_little 8
  expect_text err "too little memory"
  expect_status 0 with_little 2
fi

(trap '' HUP && FAKE_SLEEP_US=1000 exec "$FAKE" train --text "$text" --run nohup --updates 1000 --log nohup.log 2>err) &
await nohup.log
kill -HUP $!
status=0
wait $! || status=$?
[ $status = 0 ] || { cat err >&2; fail "status $status after a SIGHUP that is ignored"; }

FAKE_SLEEP_US=1000 expect_status 0 train samples --updates 200 --sample-every 0.05
samples=$(grep -c "a sample after update" err || true)
[ "$samples" -ge 2 ] && [ "$(wc -c <out)" = $((samples * 21)) ] || fail "not $samples samples of 20 characters"
expect_status 0 train plain --updates 200
cmp plain/update-00000200.safetensors samples/update-00000200.safetensors || fail "samples change what is learned"
