#!/usr/bin/env bash
# Names that mean something to C, to its headers or to ours stay names: the emitted C compiles without a warning.
. "$(dirname "$0")/../run/lib.sh"

names="int while V REAL INLINE NULL errno _x __x a.b a_b load store v7 d12 p w s k row col n x x_at x_walk size_t ints isnan
  SUFFIX BY_ISA product sum unix _Alignas CHAR_BIT lstmc_share m.v m_v m_v_2 TRAIN_X dense.bias memcpy vec words splat me
  call step hostile_step hostile_work hostile_weights offsetof assert true bool NAN INFINITY exp tanh memory rows rows16 cols16"

{
  printf 'lstmc-ir 1 plan\nmodel hostile float32 stateful\ndata length 1 stride 1 input scaled target onehot predict last\nsymbols 97 98\nhyper int 1\nhyper errno 1\n'
  i=0
  for name in $names; do echo "scope $((i++)) ${name//./_} \"$name\""; done
  echo "memory param $((64 * i)) state 0 work 128"
  i=0
  for name in $names; do echo "param \$$name f[16] in param+$((64 * i++)):16"; done
  for name in $names; do
    printf 'kernel @%s f[1,16] {\n  param %%0:f[1,16]\n  param %%1:f[16]\n  param %%2:d[]\n' "$name"
    printf '  %%3:f[1,16] = add %%0, %%1\n  %%4:f[1,16] = mul %%3, %%2\n  return %%4\n}\n'
  done
  echo 'program train work 128 {'
  echo '  %0:f[1,16] in work+0:16 = input {name=int} !0'
  echo '  %1:d[] = input {name=errno} !0'
  i=2 last=0
  for name in $names; do
    echo "  %$i:f[1,16] in work+0:16 = call @$name(%$last, \$$name, %1) {t=$((i % 3))} on cols 1x16 !$((i - 2))"
    last=$i i=$((i + 1))
  done
  printf '}\nend\n'
} >hostile.ir

"$LSTMC" hostile.ir -o made
for file in made/hostile/*.c; do
  $CC -std=c11 -ffp-contract=off -Wall -Wextra -Wpedantic -Wconversion -Werror -fsyntax-only -I"$SOURCE/runtime" "$file" ||
    fail "${file##*/}"
done

# A model's own name is refused where the trainer has another thing of that name.
for name in kernels test lstmc Lstmc lstmc_text LSTMC_TEXT; do
  expect_status 2 "$LSTMC" hostile.ir -o taken --name "$name"
  expect_text err "the model's name \`$name\` has a meaning of its own"
done
expect_status 0 "$LSTMC" hostile.ir -o taken --name lstmcs
[ "$(ls taken)" = lstmcs ] || fail "a folder of a name that is taken"
