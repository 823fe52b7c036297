#!/usr/bin/env bash
# Regeneration is an ordinary build edge, under Ninja and Makefiles: a comment compiles nothing, other units compile and train.
# usage: build_edge.sh PREFIX (an installed lstmc)
. "$(dirname "$0")/lib.sh"
prefix=$1

mkdir project
cp "$SOURCE/tests/reference/specs/forty_three.txt" project/
cat >project/CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.25)
project(mine LANGUAGES C)
find_package(lstmc CONFIG REQUIRED)
lstmc_add_trainer(writer SPEC writer.lua)
END
write_spec() { # first line, units
  cat >project/writer.lua <<END
$1
local text = Text { "forty_three.txt" }
return Model {
  name = "another_name",
  data = Windows { text, length = 11, input = "onehot" },
  layers = { SimpleRNN { $2 }, Dense { #text:chars(), activation = "softmax" } },
  compile = Compile { loss = "categorical_crossentropy", optimizer = "adam" },
  fit = Fit { epochs = 1, batch_size = 5 },
}
END
}

for generator in Ninja "Unix Makefiles"; do
  build="build-${generator// /-}"
  write_spec "-- first" 8
  cmake -S project -B "$build" -G "$generator" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_PREFIX_PATH="$prefix" >log || { cat log; fail configure; }
  cmake --build "$build" >log 2>&1 || { cat log; fail "build under $generator"; }
  "$build/writer" train --text project/forty_three.txt --updates 3 --run "$build/run" 2>err || { cat err; fail train; }

  sleep 1.1 # a file system may count whole seconds
  before=$(stat -c %Y "$build/writer")
  write_spec $'-- a longer\n-- comment' 8
  cmake --build "$build" >log 2>&1 || { cat log; fail "build under $generator"; }
  grep -q 'Emitting the trainer' log || { cat log; fail "a changed spec was not compiled by lstmc under $generator"; }
  grep -qE 'Building C object|Linking' log && { cat log; fail "a comment in the spec compiled C under $generator"; }
  [ "$(stat -c %Y "$build/writer")" = "$before" ] || fail "a comment in the spec changed the trainer under $generator"

  write_spec "-- first" 6
  cmake --build "$build" >log 2>&1 || { cat log; fail "build under $generator"; }
  grep -q 'Building C object' log || { cat log; fail "other units compiled nothing under $generator"; }
  "$build/writer" train --text project/forty_three.txt --updates 3 --run "$build/run6" 2>err || { cat err; fail train; }
  cmake --build "$build" >log 2>&1
  grep -qE 'Emitting|Building C object' log && { cat log; fail "a second build did something under $generator"; }
  echo "$generator: good"
done

# The emitted CMakeLists.txt and Makefile, against the installed lstmc.
export PATH=$prefix/bin:$PATH
lstmc project/writer.lua -o generated
cmake -S generated/another_name -B own -DCMAKE_PREFIX_PATH="$prefix" >log && cmake --build own >log 2>&1 || { cat log; fail "emitted CMakeLists.txt"; }
own/another_name info >/dev/null
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name lstmc.pc)") make -C generated/another_name >log 2>&1 || { cat log; fail "emitted Makefile"; }
generated/another_name/another_name info >/dev/null
