"""The cases as models of Keras itself (JAX backend, float32)."""
import os

os.environ["KERAS_BACKEND"] = "jax"
import keras  # noqa: E402

# The one option that Keras no longer has.
SPECIAL = {"hard_sigmoid_keras2": lambda z: keras.ops.clip(0.2 * z + 0.5, 0, 1)}


def build(case):
  """A keras.Sequential of the case's layers and weights."""
  (x, _), (_, count), weights = next(case.batches()), case.symbols(), case.weights()
  net = keras.Sequential([keras.Input(x.shape[1:])])
  for name, layer in case.named_layers():
    options = {key: SPECIAL.get(value, value) for key, value in layer.options.items()}
    if layer in case.recurrent():
      options["return_sequences"] = case.returns_sequences(layer)
    net.add(getattr(keras.layers, layer.kind)(count if layer.kind == "Dense" else layer.size, name=name, **options))
    net.layers[-1].set_weights([weights[key] for key in case.shapes() if key.startswith(f"{name}.")])
  return net


def compile_case(case, net):
  """Indices as targets: the sparse form of the same loss."""
  kind, options = case.optimizer
  net.compile(loss=f"sparse_{case.loss}", optimizer=getattr(keras.optimizers, kind)(**options))
