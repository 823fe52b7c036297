"""Holds the stored gradients against those of Keras (float32), as relative L2 per tensor; writes nothing.

usage: gradients_keras.py [CASE ...]
"""
import sys

import model_keras  # chooses the backend, so before all else of Keras

import jax
import keras
import numpy as np

import cases
import tensorfile

LIMIT = 1e-6


def gradients(case):
  """(loss, {name: gradient})"""
  net = model_keras.build(case)
  x, y = next(case.batches())
  loss_of, target = getattr(keras.losses, case.loss), np.eye(net.output_shape[-1])[y]

  def loss(weights):
    output, _ = net.stateless_call(weights, net.non_trainable_variables, x, training=False)
    return loss_of(target, output).mean()

  value, found = jax.value_and_grad(loss)([variable.value for variable in net.trainable_variables])
  return float(value), dict(zip(case.shapes(), map(np.asarray, found)))


def distance(case):
  """The largest relative difference of any tensor, and which."""
  want = tensorfile.read(cases.HERE / f"gradients/{case.name}.safetensors")
  got = case.kept(*gradients(case))
  assert got.keys() == want.keys()
  return max((np.linalg.norm(got[name] - want[name]) / np.linalg.norm(want[name]), name) for name in want)


if __name__ == "__main__":
  worst = 0
  for case in cases.chosen(cases.GRADIENTS, sys.argv[1:]):
    off, name = distance(case)
    worst = max(worst, off)
    print(f"{case.name:28} {off:.1e} in {name}", flush=True)
  assert worst < LIMIT, f"{worst:.1e} is above {LIMIT:.0e}"
