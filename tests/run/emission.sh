#!/usr/bin/env bash
# The same spec gives the same bytes: in another folder, under other locales, from every dump and from the .ir.
# usage: emission.sh SPEC ...
. "$(dirname "$0")/lib.sh"

# Numbers have a comma in both; in Turkish the small I is ı and the capital i İ. Few systems have them.
locales="de_DE tr_TR"
for locale in $locales; do
  localedef -i $locale -f UTF-8 "$WORK/$locale.UTF-8" || skip "no localedef or no sources of locales"
done

for spec in "$@"; do
  text=$(sed -n 's/.*Text { "\([^"]*\)".*/\1/p' "$spec")
  if [ ! -e "${spec%/*}/$text" ] && [ ! -e "$DATA/$text" ]; then
    echo "left out, no $text: $spec"
    continue
  fi
  rm -rf a c d
  LC_ALL=C "$LSTMC" "$spec" -o a
  name=$(ls a)
  for locale in $locales; do
    (mkdir -p elsewhere && cd elsewhere && umask 077 && LC_ALL=$locale.UTF-8 LOCPATH=$WORK "$LSTMC" "$spec" -o ../b)
    diff -r a b || fail "another folder or $locale gives other C: $spec"
    rm -r b
  done
  "$LSTMC" "$spec" --emit=ir -o c
  cmp "c/$name/$name.ir" "a/$name/$name.ir" || fail "--emit=ir differs from the emitted .ir: $spec"
  "$LSTMC" "c/$name/$name.ir" -o d
  diff -r a d || fail "the .ir compiles to other C: $spec"
  for stage in trace grad opt schedule plan; do
    "$LSTMC" "$spec" --dump=$stage >"$stage.ir"
    rm -rf d
    "$LSTMC" "$stage.ir" -o d
    diff -r a d || fail "the dump after $stage compiles to other C: $spec"
  done
  echo "same bytes: $spec"
done
