"""The models that lstmc is held against: what a case is, and the tables of them. From here come the Lua specs
(write_cases.py), the PyTorch models (model.py) and the Keras models (model_keras.py).
"""
import os
import pathlib
from dataclasses import dataclass, field

import numpy as np

import weights

HERE = pathlib.Path(__file__).resolve().parent
DATA = pathlib.Path(os.environ.get("LSTMC_DATA", HERE / "../../../shared/data"))

# Corpus: length and alphabet. 43 symbols as in Macbeth. 303 characters make 292 windows of 11: 58 batches of 5 and one of 2.
CORPORA = {
  "two.txt": (120, "ab"),
  "three.txt": (120, "abc"),
  "forty_three.txt": (303, "\n !&'(),-.123:;?[]abcdefghiklmnopqrstuvwxyz"),
}


@dataclass(frozen=True)
class Layer:
  kind: str  # LSTM, SimpleRNN, Dense, Dropout
  size: float  # units, or the rate
  options: dict = field(default_factory=dict)  # as in Keras


@dataclass(frozen=True)
class Case:
  name: str
  layers: list
  corpus: str = "forty_three.txt"
  input: str = "scaled"  # index / symbols as the only feature, or "onehot"
  predict: str = "last"  # or "every"
  batch: int = 5
  window: int = 11
  loss: str = "categorical_crossentropy"
  optimizer: tuple = ("Adam", {"learning_rate": 0.001})
  times: int = 1  # how much larger the weights are than the formula alone makes them

  @property
  def large(self):
    """Its corpus is not beside the specs; its gradients are stored in part."""
    return self.corpus not in CORPORA

  def text(self):
    path = (DATA if self.large else HERE / "specs") / self.corpus
    return path.read_text(encoding="ascii").lower()  # read_text makes CRLF LF; the small texts have no capitals

  def symbols(self):
    """The text as indices into its sorted distinct characters, and how many of those there are."""
    vocabulary, indices = np.unique(list(self.text()), return_inverse=True)
    return indices, len(vocabulary)

  def batches(self):
    """Endless (x, y) of one-hot or scaled float64 x (batch, window, features) and indices y (batch,) or (batch, window), in
    text order; the last batch of an epoch may be smaller."""
    indices, count = self.symbols()
    features = np.eye(count) if self.input == "onehot" else np.arange(count)[:, None] / count
    samples = len(indices) - self.window
    while True:
      for first in range(0, samples, self.batch):
        starts = np.arange(first, min(first + self.batch, samples))
        at = starts[:, None] + np.arange(self.window)
        yield features[indices[at]], indices[at + 1 if self.predict == "every" else starts + self.window]

  def recurrent(self):
    return [layer for layer in self.layers if layer.kind in GATES]

  def named_layers(self):
    """(Keras's name, layer) in order: lstm, lstm_1, simple_rnn, dense."""
    seen = {}
    for layer in self.layers:
      name = SNAKE[layer.kind]
      n = seen[name] = seen.get(name, -1) + 1
      yield f"{name}_{n}" if n else name, layer

  def returns_sequences(self, layer):
    return self.predict == "every" or layer is not self.recurrent()[-1]

  def shapes(self):
    """Shape of every weight, in Keras's order."""
    _, count = self.symbols()
    width = count if self.input == "onehot" else 1
    shapes = {}
    for name, layer in self.named_layers():
      if layer.kind == "Dropout":
        continue
      units = count if layer.kind == "Dense" else layer.size
      columns = GATES.get(layer.kind, 1) * units
      shapes[f"{name}.kernel"] = (width, columns)
      if layer.kind in GATES:
        shapes[f"{name}.recurrent_kernel"] = (units, columns)
      if layer.options.get("use_bias", True):
        shapes[f"{name}.bias"] = (columns,)
      width = units
    return shapes

  def weights(self):
    return weights.make(self.shapes(), self.times)

  def kept(self, loss, gradients):
    """What the file of gradients holds, in float64: "loss" and everything by name, or of a large model for each tensor
    NAME.norm (L2) and NAME.entries: those at 7919 k mod size (row-major) for k from 0, 64 at most."""
    tensors = {"loss": np.reshape(loss, 1)}
    for name, gradient in gradients.items():
      flat = np.ravel(gradient)
      if self.large:
        tensors[f"{name}.norm"] = np.linalg.norm(flat.astype(float), keepdims=True)
        tensors[f"{name}.entries"] = flat[np.arange(min(64, flat.size)) * 7919 % flat.size]
      else:
        tensors[name] = gradient
    return {name: np.asarray(tensor, float) for name, tensor in tensors.items()}


GATES = {"LSTM": 4, "SimpleRNN": 1}
SNAKE = {"LSTM": "lstm", "SimpleRNN": "simple_rnn", "Dense": "dense", "Dropout": "dropout"}


def lstm(units, **options):
  return Layer("LSTM", units, options)


def rnn(units, **options):
  return Layer("SimpleRNN", units, options)


def dense(activation="softmax", **options):
  return Layer("Dense", 0, {"activation": activation, **options})  # as wide as the vocabulary


def times_for(layers):
  """Large enough that tanh and sigmoid are bent, small enough that nothing saturates."""
  return 2 if any(layer.kind == "SimpleRNN" for layer in layers) else 4


def plain(stack, batch, symbols, input, predict, times=None):
  """A case of the matrix. stack: "l7 s33" is LSTM 7, then SimpleRNN 33."""
  layers = [{"l": lstm, "s": rnn}[word[0]](int(word[1:])) for word in stack.split()]
  corpus = {2: "two.txt", 3: "three.txt", 43: "forty_three.txt"}[symbols]
  name = f"{stack.replace(' ', '_')}_b{batch}_v{symbols}_{input}_{predict}"
  return Case(name, [*layers, dense()], corpus, input, predict, batch, times=times or times_for(layers))


# Every pair of values of (stack, batch, symbols, input, predict), and of units with any of the last four, occurs.
# `times` is given where the usual would cost float32 more than 1e-6 of some gradient.
MATRIX = [
  plain("l1", 1, 43, "scaled", "every"),
  plain("l7", 1, 2, "onehot", "last"),
  plain("l13", 5, 43, "onehot", "last"),
  plain("l33", 5, 3, "onehot", "every"),
  plain("s1", 5, 3, "scaled", "last"),
  plain("s7", 5, 43, "onehot", "last"),
  plain("s13", 5, 2, "onehot", "last"),
  plain("s33", 1, 43, "scaled", "every", times=1),
  plain("l1 l7", 1, 3, "onehot", "every"),
  plain("l33 l13", 5, 43, "scaled", "last", times=2),
  plain("l13 l33", 5, 2, "onehot", "last"),
  plain("l7 s33", 5, 3, "scaled", "last", times=1),
  plain("l13 s1", 1, 2, "scaled", "every", times=1),
  plain("l33 s7", 5, 43, "onehot", "last"),
  plain("s1 l13", 1, 3, "scaled", "every", times=4),
  plain("s33 l7", 1, 43, "onehot", "last", times=1),
  plain("s7 l33", 5, 2, "scaled", "last"),
  plain("s7 s13", 5, 43, "onehot", "every"),
  plain("s33 s1", 1, 3, "onehot", "last", times=1),
  plain("s13 s7", 5, 2, "scaled", "last"),
]


def variant(name, *layers, **fields):
  return Case(name, [*layers], **{"corpus": "three.txt", "input": "onehot", "times": times_for(layers), **fields})


def hard(gate, times):
  """Weights so large that 1 to 3 % of the gates lie on either flat end, and none within 5e-4 of a corner."""
  return variant(gate, lstm(7, recurrent_activation=gate), dense(), corpus="forty_three.txt", times=times)


# One departure from the defaults each.
VARIANTS = [
  hard("hard_sigmoid", 10),
  hard("hard_sigmoid_keras2", 8),
  variant("lstm_relu", lstm(13, activation="relu"), dense()),
  variant("lstm_linear", lstm(13, activation="linear"), dense()),
  variant("rnn_relu", rnn(13, activation="relu"), dense()),
  variant("rnn_linear", rnn(13, activation="linear"), dense()),
  variant("no_bias", lstm(7, use_bias=False), rnn(13, use_bias=False), dense(use_bias=False), times=1),
  variant("backwards_last", lstm(13, go_backwards=True), dense()),
  variant("backwards_every", rnn(13, go_backwards=True), dense(), predict="every"),
  variant("backwards_below", lstm(13, go_backwards=True), lstm(7), dense(), times=2),
  variant("squared_error", lstm(13), dense("linear"), loss="mean_squared_error"),
  variant("squared_error_every", rnn(13), dense("linear"), loss="mean_squared_error", predict="every"),
]


def tutorial(name, *between):
  """The tutorial's model; `between` stands behind each LSTM."""
  layers = [lstm(300), *between, lstm(300), *between, dense()]
  return Case(name, layers, "macbeth.txt", batch=30, window=50)


GRADIENTS = [*MATRIX, *VARIANTS, tutorial("macbeth", Layer("Dropout", 0.2))]


def training(name, optimizer, layers=(lstm(33), lstm(13)), **fields):
  return Case(f"train_{name}", [*layers, dense()], optimizer=optimizer, times=times_for(layers), **fields)


def adam(**options):
  return "Adam", {"learning_rate": 0.001, **options}


UPDATE_COUNT = 100
UPDATES = [
  tutorial("train_macbeth"),
  training("adam", adam()),
  training("nesterov", ("SGD", {"learning_rate": 0.01, "momentum": 0.9, "nesterov": True})),
  training("clipnorm", adam(clipnorm=0.05)),
  training("global_clipnorm", adam(global_clipnorm=0.05)),
  training("clipvalue", adam(clipvalue=0.001)),
  training("amsgrad_decay", adam(amsgrad=True, weight_decay=0.004)),
  training("simple_rnn", adam(), [rnn(33)]),
  training("every", adam(), input="onehot", predict="every"),
]


def chosen(table, names):
  """The cases with these names, all without any; what the scripts take as arguments."""
  unknown = {*names} - {case.name for case in table}
  if unknown:
    raise SystemExit(f"no such case: {' '.join(unknown)}")
  return [case for case in table if not names or case.name in names]
