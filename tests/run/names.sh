#!/usr/bin/env bash
# No layer, gate or optimizer is named in the compiler's C: comments and messages only.
. "$(dirname "$0")/lib.sh"
cd "$SOURCE"
# Comments and string literals out, then no word may be left.
for file in compiler/*.c compiler/*.h compiler/*.def; do
  named=$("$CC" -fpreprocessed -dD -E -P -x c "$file" 2>/dev/null | sed 's/"\([^"\\]\|\\.\)*"//g' | grep -nwiE 'lstm|gru|adam|dropout' || true)
  [ -z "$named" ] || fail "$file: $named"
done
