local text = Text { "abc.txt" }
local Own = Cell {
  kind = "Own",
  arguments = { { "units", "size" } },
  states = { "h" },
  weights = function(self, features)
    local u = self.units
    self.kernel = self:weight("kernel", { features, u }, "glorot_uniform")
    self.z = self:weight("z", {3,3,3}, "zeros")
  end,
  step = function(self, x, h)
    local y = tanh(x:dot(self.kernel) + h)
    y = y + sum(self.z):reshape(1, 1)
    return y
  end,
}
return Model {
  data = Windows { text, length = 4 },
  layers = { Own { 3 }, Dense { #text:chars(), activation = "softmax" } },
  compile = Compile { loss = "categorical_crossentropy", optimizer = Adam { global_clipnorm = 1 } },
}
