#!/usr/bin/env bash
# The same spec gives the same bytes: in another folder, under other locales, from every dump and from the .ir.
# usage: emission.sh SPEC ...
. "$(dirname "$0")/lib.sh"

# A locale whose numbers have a comma, made here when the system has none.
comma_locale() {
  if localedef -i de_DE -f UTF-8 "$WORK/de_DE.UTF-8" 2>/dev/null; then
    export LOCPATH=$WORK
    echo de_DE.UTF-8
  fi
}
locale=$(comma_locale)
[ -n "$locale" ] || echo "no localedef or no locale sources: the comma locale is left out"

for spec in "$@"; do
  text=$(sed -n 's/.*Text { "\([^"]*\)".*/\1/p' "$spec")
  if [ ! -e "${spec%/*}/$text" ] && [ ! -e "$DATA/$text" ]; then
    echo "left out, no $text: $spec"
    continue
  fi
  rm -rf a b c d dumps
  LC_ALL=C "$LSTMC" "$spec" -o a
  name=$(ls a)
  (mkdir -p elsewhere && cd elsewhere && umask 077 && LC_ALL=${locale:-C} LOCPATH=${locale:+$WORK} "$LSTMC" "$spec" -o ../b)
  diff -r a b || fail "another folder or locale gives other C: $spec"
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
