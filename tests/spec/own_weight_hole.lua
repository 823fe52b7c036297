local text = Text { "abc.txt" }
local Own = Cell {
  kind = "Own",
  arguments = { { "units", "size" } },
  states = { "h" },
  weights = function(self, features)
    local u = self.units
    self.kernel = self:weight("kernel", { features, u }, RandomNormal { stddev = 0.1 })
    self.bias = self:weight("bias", { 3 * u, nil, 4 }, "zeros")
  end,
  step = function(self, x, h)
    return tanh(x:dot(self.kernel) + h)
  end,
}
return Model {
  data = Windows { text, length = 4 },
  layers = { Own { 3 }, Dense { #text:chars(), activation = "softmax" } },
  compile = Compile { loss = "categorical_crossentropy" },
}
