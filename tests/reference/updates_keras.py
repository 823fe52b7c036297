"""Losses of 100 updates by Keras itself (float32), in text order: losses/CASE.txt, one line an update.

usage: updates_keras.py [CASE ...]
"""
import itertools
import sys

import cases
import model_keras

def losses(case):
  """The mean loss of each batch before its update (train_on_batch forgets the batches before)."""
  net = model_keras.build(case)
  model_keras.compile_case(case, net)
  for x, y in itertools.islice(case.batches(), cases.UPDATE_COUNT):
    yield float(net.train_on_batch(x, y))


if __name__ == "__main__":
  folder = cases.HERE / "losses"
  folder.mkdir(exist_ok=True)
  for case in cases.chosen(cases.UPDATES, sys.argv[1:]):
    found = [*losses(case)]
    (folder / f"{case.name}.txt").write_text("".join(f"{loss:.9g}\n" for loss in found))
    print(f"{case.name:24} {found[0]:.6f} to {found[-1]:.6f}", flush=True)
