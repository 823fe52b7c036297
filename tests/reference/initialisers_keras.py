"""Prints, and asserts, what a test of lstmc can check of Keras's default initialisers; writes nothing."""
import model_keras  # noqa: F401  chooses the backend, so before all else of Keras

import keras
import numpy as np


def glorot(shape):
  """Uniform up to sqrt(6 / (rows + columns)), columns of an LSTM's kernel being 4u."""
  limit = (6 / sum(shape)) ** 0.5
  w = np.array(keras.initializers.GlorotUniform(seed=1)(shape), float)
  assert abs(w).max() <= np.float32(limit)
  print(f"glorot_uniform {shape}: limit {limit:.9f}, greatest {abs(w).max():.9f}, "
        f"std {w.std():.6f} (limit / sqrt 3 is {limit / 3**0.5:.6f})")


def orthogonal(shape):
  """All rows are orthonormal; those of one gate's block are not."""
  def defect(w):
    return abs(w @ w.T - np.eye(len(w))).max()

  w = np.array(keras.initializers.Orthogonal(seed=1)(shape), float)
  assert defect(w) < 1e-5
  print(f"orthogonal {shape}: W W' - 1 at most {defect(w):.1e}, "
        f"of the first {shape[0]} columns {defect(w[:, :shape[0]]):.2f}, "
        f"std {w.std():.6f} (1 / sqrt columns is {shape[1] ** -0.5:.6f})")


def sign_fix(shape, draws=4000):
  """A normal matrix (columns, rows), QR, columns of Q times the sign of R's diagonal, transposed: the sign makes all such
  matrices equally likely. Without it entry (0, 0) is never positive."""
  rng = np.random.default_rng(1)
  q, r = np.linalg.qr(rng.standard_normal((draws, shape[1], shape[0])))
  fixed = q * np.sign(np.diagonal(r, axis1=1, axis2=2))[:, None, :]
  assert (q[:, 0, 0] <= 0).all() and abs(fixed[:, 0, 0].mean()) < 0.02
  print(f"entry (0, 0) of orthogonal {shape}, {draws} draws: mean {fixed[:, 0, 0].mean():+.3f}, "
        f"without the sign fix {q[:, 0, 0].mean():+.3f}")


def forget_bias():
  layer = keras.layers.LSTM(2)
  layer.build((None, None, 1))
  print(f"bias of LSTM 2 (i f c o): {np.asarray(layer.cell.bias.value).tolist()}")


if __name__ == "__main__":
  for kernel in (1, 1200), (300, 1200), (300, 43):  # the tutorial's two LSTMs and its Dense
    glorot(kernel)
  orthogonal((300, 1200))
  sign_fix((3, 12))
  forget_bias()
