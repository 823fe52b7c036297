#!/usr/bin/env bash
# Every spec in the imperative style is the same module, and the same C: its text behind a few lines that make of what it
# declares one call after the other.
# usage: twins.sh SPEC ...
. "$(dirname "$0")/lib.sh"

imperative='
local function Compile(given) return given end
local function Fit(given) return given end
local function Sample(given) return given end
local function Model(given)
  local model = Sequential { name = given.name, dtype = given.dtype }
  for _, layer in ipairs(given.layers) do model:add(layer) end
  model:compile(given.compile)
  model:fit(given.data, given.fit)
  if given.sample then model:sample(given.sample) end
  return model
end'
imperative=$(tr '\n' ' ' <<<"$imperative")

module() { # spec, file: as traced, without the block of lines
  "$LSTMC" "$1" --dump=trace | sed '/^lines$/,$d' >"$2"
}

cp "$SOURCE"/specs/*.txt "$SOURCE"/tests/reference/specs/*.txt .
count=0
for spec in "$@"; do
  text=$(sed -n 's/.*Text { "\([^"]*\)".*/\1/p' "$spec")
  if [ ! -e "$text" ] && [ ! -e "$DATA/$text" ]; then
    echo "left out, no $text: $spec"
    continue
  fi
  name=$(basename "$spec")
  mkdir -p declared called
  cp "$spec" "declared/$name"
  { echo "$imperative"; cat "$spec"; } >"called/$name"
  ln -sf "$PWD"/*.txt declared/
  ln -sf "$PWD"/*.txt called/
  module "declared/$name" declared.ir
  module "called/$name" called.ir
  [ -s declared.ir ] && cmp declared.ir called.ir || fail "the imperative twin of $spec is another module"
  rm -rf a b
  "$LSTMC" "declared/$name" -o a
  "$LSTMC" "called/$name" -o b
  sed -i '/^lines$/,$d' a/*/*.ir b/*/*.ir
  diff -r a b || fail "the imperative twin of $spec gives other C"
  count=$((count + 1))
done

# What this would see: a twin that leaves one thing out.
{ echo "${imperative/model:fit(given.data, given.fit)/model:fit(given.data, {\}) given.sample = nil}"; cat "$1"; } >called/other.lua
module called/other.lua other.ir
module "$1" declared.ir
[ -s other.ir ] && ! cmp -s declared.ir other.ir || fail "a twin without fit and sample passes"
[ "$count" -ge 7 ] || fail "only $count specs were looked at"
echo "$count specs have twins"
