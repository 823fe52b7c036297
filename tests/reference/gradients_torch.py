"""Loss and gradients of the first batch of every case, in float64: gradients/CASE.safetensors.

usage: gradients_torch.py [CASE ...]
"""
import sys

import cases
import model
import tensorfile


def gradients(case):
  """(loss, {name: gradient})"""
  w = model.parameters(case)
  loss = model.loss(case, w, *next(case.batches()))
  loss.backward()
  return loss.item(), {name: leaf.grad.numpy() for name, leaf in w.items()}


if __name__ == "__main__":
  folder = cases.HERE / "gradients"
  folder.mkdir(exist_ok=True)
  for case in cases.chosen(cases.GRADIENTS, sys.argv[1:]):
    loss, found = gradients(case)
    tensorfile.write(folder / f"{case.name}.safetensors", case.kept(loss, found))
    print(f"{case.name:28} loss {loss:.9f}")
