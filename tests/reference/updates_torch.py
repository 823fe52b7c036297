"""The same 100 updates in float64, Keras's optimizers written out: losses/CASE.double.txt. Says how far Keras is off.

Nearly all of it is Adam's bias correction, which Keras takes in float32: 1 - 0.999^t is off by 1e-5 then. So the losses
are also compared with that one number rounded as Keras does; they are not stored.

usage: updates_torch.py [CASE ...]
"""
import itertools
import sys

import numpy as np
import torch

import cases
import model

LIMIT = 2e-6  # nats, with the same bias correction


def clip(gradients, clipnorm=None, global_clipnorm=None, clipvalue=None):
  """Keras's three ways, one at most: each tensor by its norm, all by their joint norm, each entry."""
  if clipnorm:
    return [g * min(1, clipnorm / g.norm().item()) for g in gradients]
  if global_clipnorm:
    norm = torch.cat([g.ravel() for g in gradients]).norm().item()
    return [g * min(1, global_clipnorm / norm) for g in gradients]
  if clipvalue:
    return [g.clamp(-clipvalue, clipvalue) for g in gradients]
  return gradients


def adam(state, g, t, learning_rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7, amsgrad=False, real=float):
  """The step to be subtracted. epsilon joins the uncorrected root; real is the type of the bias correction."""
  m = state["m"] = beta_1 * state.get("m", 0) + (1 - beta_1) * g
  v = state["v"] = beta_2 * state.get("v", 0) + (1 - beta_2) * g**2
  if amsgrad:
    v = state["highest"] = torch.maximum(state.get("highest", v), v)
  short_1, short_2 = (real(1) - real(beta) ** real(t) for beta in (beta_1, beta_2))
  rate = learning_rate * float(np.sqrt(short_2) / short_1)
  return rate * m / (v.sqrt() + epsilon)


def sgd(state, g, t, learning_rate, momentum=0.0, nesterov=False):
  """The step to be subtracted."""
  v = state["v"] = momentum * state.get("v", 0) - learning_rate * g
  return learning_rate * g - momentum * v if nesterov else -v


STEPS = {"Adam": adam, "SGD": sgd}
CLIPS = "clipnorm", "global_clipnorm", "clipvalue"


def losses(case, **more):
  """The loss of each batch before its update; more options for the optimizer."""
  kind, options = case.optimizer
  numbers = options | more
  limits = {key: numbers.pop(key) for key in CLIPS if key in numbers}
  decay = numbers.pop("weight_decay", 0) * numbers["learning_rate"]
  leaves = model.parameters(case)
  states = [{} for _ in leaves]
  for t, (x, y) in enumerate(itertools.islice(case.batches(), cases.UPDATE_COUNT), start=1):
    loss = model.loss(case, leaves, x, y)
    gradients = clip(torch.autograd.grad(loss, leaves.values()), **limits)
    with torch.no_grad():
      for w, g, state in zip(leaves.values(), gradients, states):
        w -= decay * w
        w -= STEPS[kind](state, g, t, **numbers)
    yield loss.item()


def furthest(a, b):
  return max(abs(x - y) for x, y in zip(a, b, strict=True))


if __name__ == "__main__":
  for case in cases.chosen(cases.UPDATES, sys.argv[1:]):
    stem = cases.HERE / f"losses/{case.name}"
    keras = [float(line) for line in stem.with_suffix(".txt").read_text().split()]
    exact = [*losses(case)]
    stem.with_suffix(".double.txt").write_text("".join(f"{loss:.17g}\n" for loss in exact))
    rounded = [*losses(case, real=np.float32)] if case.optimizer[0] == "Adam" else exact
    off = furthest(keras, rounded)
    print(f"{case.name:24} Keras differs by {furthest(keras, exact):.1e}, {off:.1e} with its own bias correction", flush=True)
    assert off < LIMIT
