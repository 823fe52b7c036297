local Own = Cell {
  kind = "Own",
  arguments = { { "units", "size" } },
  states = { "h", nil, "c" },
  weights = function(self, features) end,
  step = function(self, x, h) return x end,
}
