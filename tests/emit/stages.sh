#!/usr/bin/env bash
# compiler/IR.md follows tests/emit/two_steps.lua through all stages. UPDATE=1 writes its listings anew.
. "$(dirname "$0")/../run/lib.sh"

# What IR.md shows of a stage, as a block of Markdown: the program, under opt its kernels too.
listing() {
  "$LSTMC" "$SOURCE/tests/emit/two_steps.lua" --dump="$1" >dump.ir
  {
    if [ "$1" = opt ]; then
      awk '/^program grads/,/^}/' dump.ir | grep -o '@[a-z0-9_]*' | sort -u | while read -r kernel; do
        awk -v head="kernel $kernel " 'index($0, head) == 1, /^}/' dump.ir
      done
    fi
    awk '/^program grads/,/^}/' dump.ir
  } | sed 's/^/    /'
}

cp "$SOURCE/compiler/IR.md" old.md
for stage in trace grad opt schedule plan; do
  listing $stage >listing
  awk -v stage="<!-- $stage -->" '
    $0 == stage { print; print ""; while ((getline line <"listing") > 0) print line; print ""; skip = 1; next }
    $0 == "<!-- -->" { skip = 0 }
    !skip' old.md >new.md
  mv new.md old.md
done
[ -n "${UPDATE:-}" ] && cp old.md "$SOURCE/compiler/IR.md"
diff "$SOURCE/compiler/IR.md" old.md || fail "compiler/IR.md does not show what lstmc does"
