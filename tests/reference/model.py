"""Keras's models in float64, written out in PyTorch operations so that autograd differentiates exactly these formulas.

The cells are Keras's, not nn.LSTM: one bias, gates i f c o, x K + h R + b, zero initial state.
"""
import torch

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

ACTIVATIONS = {
  "tanh": torch.tanh,
  "sigmoid": torch.sigmoid,
  "relu": torch.relu,  # its derivative at 0 is 0, as in Keras
  "linear": lambda z: z,
  "hard_sigmoid": lambda z: torch.clamp(z + 3, 0, 6) / 6,  # Keras 3
  "hard_sigmoid_keras2": lambda z: torch.clamp(0.2 * z + 0.5, 0, 1),
}


def parameters(case):
  """The case's weights as leaves of the graph, by name."""
  return {name: torch.tensor(array, dtype=torch.float64, requires_grad=True) for name, array in case.weights().items()}


def affine(x, w, name):
  z = x @ w[f"{name}.kernel"]
  return z + w[f"{name}.bias"] if f"{name}.bias" in w else z


def recur(layer, name, w, x, sequences):
  """x (batch, steps, in) -> (batch, steps, units) in the order of processing, or the last of them."""
  activation = ACTIVATIONS[layer.options.get("activation", "tanh")]
  gate = ACTIVATIONS[layer.options.get("recurrent_activation", "sigmoid")]
  projected = affine(x, w, name)
  if layer.options.get("go_backwards"):
    projected = projected.flip(1)
  h = c = torch.zeros(len(x), layer.size)
  out = []
  for xz in projected.unbind(1):
    z = xz + h @ w[f"{name}.recurrent_kernel"]
    if layer.kind == "SimpleRNN":
      h = activation(z)
    else:
      i, f, candidate, o = z.chunk(4, dim=1)
      c = gate(f) * c + gate(i) * activation(candidate)
      h = gate(o) * activation(c)
    out.append(h)
  return torch.stack(out, dim=1) if sequences else h


def outputs(case, w, x):
  """What the last layer gives before its activation: (batch, symbols) or (batch, steps, symbols). Dropout is off."""
  for name, layer in case.named_layers():
    if layer.kind == "Dense":
      x = affine(x, w, name)
    elif layer.kind != "Dropout":
      x = recur(layer, name, w, x, case.returns_sequences(layer))
  return x


def loss(case, w, x, y):
  """Mean over samples, and over steps where every step predicts."""
  z, y = outputs(case, w, torch.as_tensor(x)), torch.as_tensor(y)
  if case.loss == "mean_squared_error":
    return ((z - torch.nn.functional.one_hot(y, z.shape[-1])) ** 2).mean()
  return -torch.log_softmax(z, dim=-1).gather(-1, y.unsqueeze(-1)).mean()
