#!/usr/bin/env bash
# What README.md shows is what lstmc does: its spec and its cell are those of specs/, its C is emitted, its Python opens a
# checkpoint. UPDATE=1 writes the listings anew.
. "$(dirname "$0")/lib.sh"

listing() { # mark: what stands there, without the fences
  awk -v mark="<!-- $1 -->" '$0 == mark { on = 1; next } $0 == "<!-- -->" { on = 0 } on && !/^```/' "$SOURCE/README.md"
}
shows() { # mark, file
  [ -s "$2" ] || fail "nothing to show for $1"
  if [ -n "${UPDATE:-}" ]; then
    awk -v mark="<!-- $1 -->" -v file="$2" '
      $0 == mark { print; getline; print; while ((getline line <file) > 0) print line; print "```"; skip = 1; next }
      $0 == "<!-- -->" { skip = 0 }
      !skip' "$SOURCE/README.md" >new.md
    cp new.md "$SOURCE/README.md"
  fi
  listing "$1" | diff "$2" - || fail "README.md does not show $1 as it is"
}

# Every spec opens with two lines that say what it shows, and the page names it.
count=0
for spec in "$SOURCE"/specs/*.lua; do
  [ "$(sed -n '1,3{/^-- ./p}' "$spec" | wc -l)" = 2 ] || fail "$spec does not open with two lines that say what it shows"
  grep -qF "\`${spec##*/}\`" "$SOURCE/README.md" || fail "README.md does not name ${spec##*/}"
  count=$((count + 1))
done
[ $count -ge 10 ] || fail "only $count specs"

sed '1,/^[^-]/{/^--/d}' "$SOURCE/specs/macbeth.lua" >spec.lua
shows specs/macbeth.lua spec.lua
awk '/^local Peephole/, /^}/' "$SOURCE/specs/peephole.lua" >cell.lua
shows specs/peephole.lua cell.lua

if [ -e "$DATA/macbeth.txt" ]; then
  "$LSTMC" "$SOURCE/specs/macbeth.lua" -o emitted
  awk '/lstm, t = 7:/ { on = 1 } on && /^$/ { exit } on' emitted/macbeth/forward.c >step.c
  kernel=$(sed -n 's/^    k->\(lstm_[a-z0-9_]*\)(.*/\1/p' step.c)
  awk -v name="SUFFIX(${kernel}_at)" '
    /^\/\* @/ { text = "" } { text = text $0 "\n" }
    index($0, name "(") && /^INLINE/ { found = 1 }
    found && /^}/ { printf "%s", text; exit }' emitted/macbeth/kernels.inc >loop.c
  shows forward.c step.c
  shows kernels.inc loop.c
else
  echo "no $DATA/macbeth.txt: the emitted C is not compared"
fi

# The Python of the page, with Debian's numpy.
python=
for candidate in /usr/bin/python3 python3; do
  "$candidate" -c 'import numpy' 2>/dev/null && python=$candidate && break
done
[ -n "$python" ] || skip "no numpy: the Python of README.md is not run"
listing open.py >open.py
[ "$(grep -c . open.py)" = 12 ] || fail "not twelve lines"
binary=$(trainer sample "$SOURCE/specs/sample.lua")
expect_status 0 "$binary" train --text "$SOURCE/specs/bundled.txt" --run run --updates 3
expect_status 0 "$python" open.py run/update-00000003.safetensors
expect_text out "update 3"
expect_text out "lstm.recurrent_kernel (2, 8)"
expect_text out "optimizer.v.dense.bias (37,)"
