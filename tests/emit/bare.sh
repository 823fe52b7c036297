#!/usr/bin/env bash
# A .ir leaves out what it lacks. Whatever that is, lstmc takes the file as far as it goes, or says what it needs more.
. "$(dirname "$0")/../run/lib.sh"

count=0
for file in "$SOURCE"/tests/pass/*.ir "$SOURCE"/tests/grad/*.ir; do
  for what in --summary --emit=ir --emit=dot "-o made"; do
    got=0
    "$LSTMC" "$file" $what >out 2>err || got=$?
    [ $got = 0 ] || { [ $got = 2 ] && grep -q 'error: program ' err; } || { cat err >&2; fail "status $got: $file $what"; }
    count=$((count + 1))
  done
done
echo "$count runs"
[ $count -ge 100 ] || fail "only $count runs"

needs() { # what must be said, the lines of a module
  printf 'lstmc-ir 1 trace\nmodel m float32 stateful\n%b\nend\n' "$2" >m.ir
  expect_status 0 "$LSTMC" m.ir --summary
  expect_status 2 "$LSTMC" m.ir -o made
  expect_text err "m.ir: error: program $1"
}
x='%0:f[1,1] = input {name=x}' symbols='symbols 97 98'
needs "p: the scalar input rate is neither \`update\` nor a \`hyper\`" \
  'param $w f[2,2]\nprogram p {\n%0:d[] = input {name=rate}\n%1:f[2,2] = mul $w, %0\nresult %1 {name=w}\n}'
needs 'sample: expected a result p, f[1,2], found none' "$symbols\nprogram sample {\n$x\n}"
needs 'sample: expected a result p, f[1,2], found f[1,1]' "$symbols\nprogram sample {\n$x\nresult %0 {name=p}\n}"
needs 'sample: expected an input x, f[1,1] or i[1,1], found none' "$symbols\nprogram sample {\n}"
needs 'window: expected an input x, f[3,1] or i[3,1], found f[1,1]' \
  "data length 3 stride 1 input scaled target onehot predict last\n$symbols\nprogram window {\n$x\nresult %0 {name=p}\n}"
