#!/usr/bin/env bash
# No layer, gate or optimizer is named in the compiler's C: comments and messages only.
. "$(dirname "$0")/lib.sh"
cd "$SOURCE"
# Comments and string literals out, then no word may be left, not even as a part of a name. Clang cannot strip alone.
for file in compiler/*.c compiler/*.h compiler/*.def; do
  code=$(gcc -w -fpreprocessed -dD -E -P -x c "$file" | sed 's/"\([^"\\]\|\\.\)*"//g')
  [ -n "$code" ] || fail "$file: no code is left"
  named=$(grep -niE '(^|[^a-z])(lstm|gru|adam|dropout)([^a-z]|$)' <<<"$code" || true)
  [ -z "$named" ] || fail "$file: $named"
done
