"""Weights that are equal bit for bit in C and Python; README.md has the formula, weights.c the twin.

usage: weights.py OUT.safetensors [--times N] NAME:ROWS,COLS NAME:N ...
"""
import argparse

import numpy as np

import philox
import tensorfile

SEED = 20170101


def make(shapes, times=1):
  """float32 weights for shapes (name -> tuple), `times` as large as the formula alone makes them."""
  tensors = {}
  for n, name in enumerate(sorted(shapes)):
    shape = shapes[name]
    narrow = name.endswith("recurrent_kernel") and shape[0] < 64
    unit = (philox.words((SEED, n), np.prod(shape)) >> 8) * 2.0**-24 - 0.5
    tensors[name] = (unit * (0.5 if narrow else 0.2) * times).astype(np.float32).reshape(shape)
  return tensors


def arguments(shapes, times):
  """The command line, of this program and of weights.c, that makes the same."""
  return ["--times", str(times)] + [f"{name}:{','.join(map(str, shape))}" for name, shape in shapes.items()]


if __name__ == "__main__":
  parser = argparse.ArgumentParser()
  parser.add_argument("out")
  parser.add_argument("--times", type=int, default=1)
  parser.add_argument("tensors", nargs="+", metavar="NAME:ROWS,COLS")
  options = parser.parse_args()
  pairs = (text.split(":") for text in options.tensors)
  tensorfile.write(options.out, make({name: tuple(map(int, sizes.split(","))) for name, sizes in pairs}, options.times))
