#!/usr/bin/env bash
# generated/sample/ is what specs/sample.lua compiles to. UPDATE=1 writes it anew; read the difference first.
. "$(dirname "$0")/../run/lib.sh"
"$LSTMC" "$SOURCE/specs/sample.lua" -o new
if [ -n "${UPDATE:-}" ]; then
  mkdir -p "$SOURCE/generated"
  rm -rf "$SOURCE/generated/sample"
  cp -r new/sample "$SOURCE/generated/"
fi
diff -r "$SOURCE/generated/sample" new/sample || fail "generated/sample/ is not what specs/sample.lua compiles to"
