"""PyTorch's nn.LSTM on the whole reference job: two layers, dropout, head, cross entropy, Adam. Sampling takes the
likeliest character and reads it next, by a window or with the state kept.

    torch_lstm.py THREADS SYMBOLS
"""
import ctypes
import sys

import torch
from torch import nn

from serve import BATCH, BATCHES, DROPOUT, STEPS, UNITS, serve, timed

threads, symbols = int(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(threads)
torch.manual_seed(0)


class Model(nn.Module):
  def __init__(self):
    super().__init__()
    self.lstm = nn.LSTM(1, UNITS, num_layers=2, dropout=DROPOUT)
    self.dropout = nn.Dropout(DROPOUT)
    self.dense = nn.Linear(UNITS, symbols)

  def forward(self, x, state=None):
    y, state = self.lstm(x, state)
    return self.dense(self.dropout(y[-1])), state


model = Model()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
loss_of = nn.CrossEntropyLoss()
batches = [(torch.rand(STEPS, BATCH, 1), torch.randint(0, symbols, (BATCH,))) for _ in range(BATCHES)]
turn = 0


def update():
  global turn
  x, y = batches[turn % BATCHES]
  turn += 1
  optimizer.zero_grad(set_to_none=True)
  loss_of(model(x)[0], y).backward()
  optimizer.step()


def drawn(logits):
  return (torch.softmax(logits, -1).argmax(-1).float() / symbols).view(1, 1, 1)


class Text:
  """What sampling has read: the last characters, and the state after the newest of them."""

  def __init__(self):
    self.window, self.newest, self.state = torch.rand(STEPS, 1, 1), torch.rand(1, 1, 1), None

  def by_window(self):
    self.window = torch.cat([self.window[1:], drawn(model(self.window)[0])])

  def by_state(self):
    logits, self.state = model(self.newest, self.state)
    self.newest = drawn(logits)


def train(count):
  model.train()
  return timed(update, count)


def sample(work, count):
  model.eval()
  with torch.inference_mode():
    return timed(work, count)


def blas():
  """The OpenBLAS in this process and the kernels that it chose, if it is one."""
  try:
    name = ctypes.CDLL(None).openblas_get_corename
  except AttributeError:
    return "its own BLAS"
  name.restype = ctypes.c_char_p
  return "OpenBLAS " + name().decode()


text = Text()
serve(
  {"version": f"PyTorch {torch.__version__}", "blas": blas()},
  {
    "update": train,
    "window": lambda count: sample(text.by_window, count),
    "step": lambda count: sample(text.by_state, count),
  },
)
