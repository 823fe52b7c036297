"""Writes specs/ (corpora and Lua specs) and cases.txt (a line a case: its name, the arguments of `weights` for it).

usage: write_cases.py
"""
import itertools

import cases
import weights


def corpus(length, alphabet):
  """Character i is alphabet[(i*i div 7 + 5 * (i div 11)) mod symbols]."""
  return "".join(alphabet[(i * i // 7 + 5 * (i // 11)) % len(alphabet)] for i in range(length))


def lua_value(value):
  return f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else repr(value)


def lua_table(name, options, *first):
  """NAME { first, ..., key = value, ... }"""
  fields = [*first] + [f"{key} = {lua_value(value)}" for key, value in options.items()]
  return f"{name} {{ {', '.join(fields)} }}"


def lua_layer(case, layer):
  options = layer.options
  if layer in case.recurrent() and case.returns_sequences(layer):
    options = {"return_sequences": True, **options}
  return lua_table(layer.kind, options, "#vocab" if layer.kind == "Dense" else repr(layer.size))


def lua(case):
  """The spec, in the language of lstmc."""
  text = lua_table("Text", {"lowercase": True} if case.large else {}, lua_value(case.corpus))
  windows = {"length": case.window, "stride": 1, "input": case.input, "target": "onehot", "predict": case.predict}
  layers = "".join(f"    {lua_layer(case, layer)},\n" for layer in case.layers)
  return f"""-- Written by tests/reference/write_cases.py.
local text  = {text}
local vocab = text:chars()

return Model {{
  name = "{case.name}",
  data = {lua_table("Windows", windows, "text")},
  layers = {{
{layers}  }},
  compile = Compile {{ loss = "{case.loss}", optimizer = {lua_table(*case.optimizer)} }},
  fit     = {lua_table("Fit", {"epochs": 1, "batch_size": case.batch})},
}}
"""


def uncovered():
  """The pairs of values that occur in no case of the matrix."""
  def pairs(stack, sizes, *values):
    units = [("units", size) for size in sizes]  # not to be mixed up with the batch
    return {*itertools.combinations((stack, *values), 2), *itertools.product(units, values)}

  stacks = [kinds for depth in (1, 2) for kinds in itertools.product(cases.GATES, repeat=depth)]
  values = itertools.product(stacks, [(1, 7, 13, 33)], (1, 5), cases.CORPORA, ("scaled", "onehot"), ("last", "every"))
  wanted = set().union(*(pairs(*row) for row in values))
  for case in cases.MATRIX:
    kinds, sizes = zip(*((layer.kind, layer.size) for layer in case.recurrent()))
    wanted -= pairs(kinds, sizes, case.batch, case.corpus, case.input, case.predict)
  return wanted


if __name__ == "__main__":
  everything = [*cases.GRADIENTS, *cases.UPDATES]
  specs = cases.HERE / "specs"
  specs.mkdir(exist_ok=True)
  for name, (length, alphabet) in cases.CORPORA.items():
    text = corpus(length, alphabet)
    assert set(text) == set(alphabet), f"{name} lacks {set(alphabet) - set(text)}"
    (specs / name).write_text(text, newline="")
  for case in everything:
    (specs / f"{case.name}.lua").write_text(lua(case))
  lines = (" ".join([case.name, *weights.arguments(case.shapes(), case.times)]) for case in everything)
  (cases.HERE / "cases.txt").write_text("\n".join(lines) + "\n")
  assert not uncovered(), uncovered()
  print(f"{len(cases.GRADIENTS)} cases of gradients, {len(cases.UPDATES)} of updates; all pairs of the matrix are covered")
