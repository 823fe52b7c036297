local text = Text { "abc.txt" }
local Step = Optimizer {
  kind = "Step",
  arguments = { { "length", "positive" } },
  step = function(self, w, g) return w - self.length * sign(g) end,
}
return Model {
  data = Windows { text, length = 4 },
  layers = { LSTM { "4" }, Dense { #text:chars(), activation = "softmax" } },
  compile = Compile { loss = "mse", optimizer = Step {} },
}
