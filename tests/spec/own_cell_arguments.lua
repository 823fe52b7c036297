local Own = Cell {
  kind = "Own",
  arguments = { { "units", "sise" } },
  states = { "h" },
  weights = function(self, features) end,
  step = function(self, x, h) return x end,
}
