local Own = Cell {
  arguments = { { "units", "size" } },
  states = { "h" },
  weights = function(self, features) end,
  step = function(self, x, h) return x end,
}
