local text = Text { "abc.txt" }
local Own = Cell {
  kind = "Own",
  arguments = { { "units", "size" } },
  states = { "h" },
  weights = function(self, features)
    self.w = self:weight("w", { features, 7 }, "glorot_uniform")
  end,
  step = function(self, x, h)
    return x:split(2)
  end,
}
return Model {
  data = Windows { text, length = 4 },
  layers = { Own { 3 }, Dense { #text:chars(), activation = "softmax" } },
  compile = Compile { loss = "categorical_crossentropy" },
}
