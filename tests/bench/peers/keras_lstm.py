"""Keras on the whole reference job, as the tutorial writes it: fit trains, predict gives the next character of a
window, the likeliest is read next. The backend is that of KERAS_BACKEND. The time of an update is that of a fit divided
by its updates; predict has no form that keeps the state.

    keras_lstm.py THREADS SYMBOLS
"""
import os
import sys
import time

threads, symbols = int(sys.argv[1]), int(sys.argv[2])
backend = os.environ["KERAS_BACKEND"]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
if backend == "jax" and threads == 1:
  os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"  # more threads: as many as cores are allowed
if backend == "tensorflow":
  import tensorflow

  tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
  tensorflow.config.threading.set_inter_op_parallelism_threads(min(threads, 2))

import keras
import numpy as np
from keras import layers

from serve import BATCH, BATCHES, DROPOUT, STEPS, UNITS, serve, timed

keras.utils.set_random_seed(0)
model = keras.Sequential(
  [
    keras.Input((STEPS, 1)),
    layers.LSTM(UNITS, return_sequences=True),
    layers.Dropout(DROPOUT),
    layers.LSTM(UNITS),
    layers.Dropout(DROPOUT),
    layers.Dense(symbols, activation="softmax"),
  ]
)
model.compile(loss="categorical_crossentropy", optimizer="adam")
random = np.random.default_rng(0)
inputs = random.random((BATCH * BATCHES, STEPS, 1), dtype=np.float32)
targets = np.eye(symbols, dtype=np.float32)[random.integers(0, symbols, BATCH * BATCHES)]


def fit(updates):
  model.fit(inputs[: BATCH * updates], targets[: BATCH * updates], batch_size=BATCH, verbose=0)


def train(count):
  count = min(count, BATCHES)
  fit(3)
  start = time.perf_counter()
  fit(count)
  return [1e3 * (time.perf_counter() - start) / count]


window = random.random((1, STEPS, 1), dtype=np.float32)


def predict():
  p = model.predict(window, verbose=0)
  window[0, :-1, 0] = window[0, 1:, 0]
  window[0, -1, 0] = p[0].argmax() / symbols


def backend_version():
  return __import__(backend).__version__


names = {"jax": "JAX", "tensorflow": "TensorFlow", "torch": "PyTorch"}
serve(
  {"version": f"Keras {keras.__version__}, {names[backend]} {backend_version()}"},
  {"update": train, "window": lambda count: timed(predict, count)},
)
