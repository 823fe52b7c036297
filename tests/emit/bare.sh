#!/usr/bin/env bash
# A .ir leaves out what it lacks. Whatever that is, lstmc takes the file as far as it goes, or says what it needs more.
. "$(dirname "$0")/../run/lib.sh"

count=0
for file in "$SOURCE"/tests/pass/*.ir "$SOURCE"/tests/grad/*.ir; do
  grep -q '^symbols' "$file" && cp "$file" case.ir || sed '/^model /a symbols 97 98' "$file" >case.ir
  rm -rf made
  for what in --summary --emit=ir --emit=dot "-o made"; do
    got=0
    "$LSTMC" case.ir $what >out 2>err || got=$?
    [ $got = 0 ] || { [ $got = 2 ] && grep -q 'error: program ' err; } || { cat err >&2; fail "status $got: $file $what"; }
    count=$((count + 1))
  done
  for part in made/*/{tables,sample,forward,backward,update}.c; do
    [ ! -e "$part" ] || $CC -std=c11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I"$SOURCE/runtime" "$part" ||
      fail "$file: ${part##*/}"
  done
done
echo "$count runs"
[ $count -ge 100 ] || fail "only $count runs"

needs() { # what must be said, the lines of a module
  printf 'lstmc-ir 1 trace\nmodel m float32 stateful\n%b\nend\n' "$2" >m.ir
  expect_status 0 "$LSTMC" m.ir --summary
  expect_status 2 "$LSTMC" m.ir -o made
  expect_text err "m.ir: error: $1"
}
x='%0:f[1,1] = input {name=x}' symbols='symbols 97 98'
needs "program p: the scalar input rate is neither \`update\` nor a \`hyper\`" \
  "$symbols\n"'param $w f[2,2]\nprogram p {\n%0:d[] = input {name=rate}\n%1:f[2,2] = mul $w, %0\nresult %1 {name=w}\n}'
needs 'program sample: expected a result p, f[1,2], found none' "$symbols\nprogram sample {\n$x\n}"
needs 'program sample: expected a result p, f[1,2], found f[1,1]' "$symbols\nprogram sample {\n$x\nresult %0 {name=p}\n}"
needs 'program sample: what it predicts does not depend on an input x' "$symbols\nprogram sample {\n}"
needs 'program sample: %3 draws random bits' \
  "$symbols\nprogram sample {\n$x\n%1:b[1,1] = bernoulli {stream=1 t=0 p=0x1p-1}\n%2:f[1,1] = neg %0\n%3:f[1,1] = select %1, %0, %2\nresult %3 {name=p}\n}"
needs 'program window: expected an input x, f[3,1] or i[3,1], found f[1,1]' \
  "data length 3 stride 1 input scaled target onehot predict last\n$symbols\nprogram window {\n$x\nresult %0 {name=p}\n}"

# One window of three characters at a time.
one="data length 3 stride 1 input scaled target onehot predict last\n$symbols\nfit epochs 1 batch 1 shuffle validation_split 0"
x='%0:f[3,1] = input {name=x}' weight='%1:f[1,1] = input {name=weight}'
loss='%2:f[1,1] = sum %0 {axis=0}\n%3:f[1,1] = mul %2, %1\nresult %3 {name=loss}'
needs 'there are no `symbols`' "program train {\n$x\n$weight\n$loss\n}"
needs 'program train: it runs nothing' "$one\nprogram train {\n$weight\nresult %1 {name=loss}\n}"
needs 'program train: expected an input x, f[3,1], found f[2,1]' "$one\nprogram train {\n${x/3/2}\n$weight\n$loss\n}"
needs 'program grads: expected an input y, i[1,1], found f[3,1]' "$one\nprogram grads {\n${x/x/y}\n$weight\n$loss\n}"
needs 'program train: expected an input weight, f[1,1], found f[3,1]' \
  "$one\nprogram train {\n$x\n${weight/1,/3,}\n${loss/f\[1,1\] = mul/f[3,1] = mul}\n}"
needs 'program train: expected a result loss, f[1,1], found f[3,1]' \
  "$one\nprogram train {\n$x\n$weight\n${loss/f\[1,1\] = mul %2/f[3,1] = mul %0}\n}"
needs 'program train: expected a result correct, f[1,1], found b[1,1]' \
  "$one\nprogram train {\n$x\n$weight\n$loss\n%4:b[1,1] = eq %2, %1\nresult %4 {name=correct}\n}"
needs 'program grads: expected a result w, f[2,2], found f[1,1]' \
  "$one\nparam \$w f[2,2]\nprogram grads {\n$x\n$weight\n${loss/name=loss/name=w}\n}"
