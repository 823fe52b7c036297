local text = Text { "abc.txt" }
local Own = Cell {
  kind = "Own",
  arguments = { { "units", "size" } },
  states = { "h" },
  weights = function(self, features)
    self.kernel = self:weight("kernel", { features, self.units }, "zeros")
  end,
  step = function(self, x, h)
    return tanh(x.cols(1, 3) + h)
  end,
}
return Model {
  data = Windows { text, length = 4 },
  layers = { Own { 3 }, Dense { #text:chars(), activation = "softmax" } },
  compile = Compile { loss = "categorical_crossentropy" },
}
