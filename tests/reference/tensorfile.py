"""Writing and reading safetensors: as lstmc writes them, and no more of the format than that."""
import json
import struct

import numpy as np

DTYPES = {"F64": np.dtype("<f8"), "F32": np.dtype("<f4")}
NAMES = {dtype: name for name, dtype in DTYPES.items()}


def write(path, tensors):
  """Tensors (name -> float32 or float64 array): largest dtype first, then by name; row-major, little-endian."""
  header, data = {}, b""
  for name in sorted(tensors, key=lambda name: (-tensors[name].itemsize, name)):
    array = np.asarray(tensors[name])
    start, data = len(data), data + array.tobytes()  # row-major whatever the strides
    header[name] = {"dtype": NAMES[array.dtype], "shape": list(array.shape), "data_offsets": [start, len(data)]}
  text = json.dumps(header, separators=(",", ":")).encode()
  text += b" " * (-len(text) % 8)
  with open(path, "wb") as file:
    file.write(struct.pack("<Q", len(text)) + text + data)


def read(path):
  """The tensors of a file, name -> array."""
  with open(path, "rb") as file:
    header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    data = file.read()
  return {
    name: np.frombuffer(data[slice(*entry["data_offsets"])], DTYPES[entry["dtype"]]).reshape(entry["shape"])
    for name, entry in header.items()
  }
