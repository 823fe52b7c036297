local Twice = Cell {
  kind = "Twice",
  arguments = { { "units", "size" } },
  states = { "h", "h" },
  weights = function(self, features) end,
  step = function(self, x, h, c) return h, c end,
}
