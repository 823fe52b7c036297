# For scripts that test the runtime with the model of fake_model.c.
. "$(dirname "$0")/lib.sh"

# Compiles it; its path goes to stdout.
fake_model() { # name, compiler options
  local name=$1
  shift
  $CC $FLAGS -std=c11 -ffp-contract=off -I"$SOURCE/runtime" "$@" "$SOURCE/tests/run/fake_model.c" -o "$name" "$RUNTIME" \
    -lopenblas -lm -lpthread
  echo "$WORK/$name"
}
