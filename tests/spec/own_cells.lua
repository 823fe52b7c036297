-- Zhou et al. 2016, the minimal gated unit.
return {
  Minimal = Cell {
    kind = "Minimal",
    arguments = { { "units", "size" } },
    states = { "h" },
    weights = function(self, features)
      self.gate = self:weight("gate", { features + self.units, self.units }, "glorot_uniform")
      self.new = self:weight("new", { features + self.units, self.units }, RandomNormal { stddev = 0.1 })
    end,
    step = function(self, x, h)
      local f = sigmoid(concat({ x, h }):dot(self.gate))
      return (1 - f) * h + f * tanh(concat({ x, f * h }):dot(self.new))
    end,
  },
}
