#!/usr/bin/env bash
# Specs and what lstmc says of them. NAME.lua is compiled with --check (and what stands behind `-- options:` in its first line);
# stderr must be NAME.expected to the byte, the status 2 if that says `error:`, else 0. NAME.twin.lua must make the same module
# as NAME.lua. No case may take more than four seconds (and what a busy machine adds), whatever it tries.
# usage: run.sh LSTMC [DIR]      UPDATE=1 writes the .expected files that are there instead; read the difference first
set -uo pipefail
lstmc=$(realpath "$1")
cases=$(realpath "${2:-$(dirname "$0")}")
export LC_ALL=C
unset LSTMC_DATA
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$cases"/* "$work"
cd "$work"
mkfifo fifo.txt
ln -s /dev/zero zero.txt
head -c 1100000 /dev/zero | tr "\0" "a" >long.txt
failed=0
grep -q __asan_init "$lstmc" && echo "a sanitizer build: the address space is not limited, the Lua heap still is"

complain() {
  echo "FAILED: $*"
  failed=$((failed + 1))
}

check() { # case
  local options status=0 begin took want=0
  options=$(sed -n '1s/^-- options: //p' "$1.lua")
  begin=$(date +%s%N)
  timeout 20 "$lstmc" "$1.lua" --check $options >out 2>err || status=$?
  took=$((($(date +%s%N) - begin) / 1000000))
  [ -n "${UPDATE:-}" ] && cp err "$cases/$1.expected" && return
  grep -q 'error:' "$1.expected" && want=2
  [ "$status" = "$want" ] || complain "$1: status $status instead of $want"
  [ "$took" -lt 6000 ] || complain "$1: took $took ms"
  [ ! -s out ] || complain "$1: wrote to stdout"
  diff "$1.expected" err || complain "$1: says something else"
}

module() { # file; the block of source lines is left out
  "$lstmc" "$1" --dump=trace | sed '/^lines$/,$d'
}

count=0
for file in *.lua; do
  case $file in
    *.twin.lua)
      module "$file" >one.ir
      module "${file%.twin.lua}.lua" >other.ir
      [ -s one.ir ] && cmp -s one.ir other.ir || complain "$file: another module" ;;
    *) [ -e "${file%.lua}.expected" ] || continue # a file that others require
       check "${file%.lua}" ;;
  esac
  count=$((count + 1))
done
echo "$count cases, $failed failed"
[ "$failed" = 0 ]
