local text = Text { "abc.txt" }
local Walk = Optimizer {
  kind = "Walk",
  arguments = { { "learning_rate", "nonnegative", 0.1 } },
  step = function(self, w, g)
    local m, old = self:state "m"
    self:keep("m", sum(g))
    return w - self.learning_rate * m
  end,
}
return Model {
  data = Windows { text, length = 4 },
  layers = { LSTM { 3 }, Dense { #text:chars(), activation = "softmax" } },
  compile = Compile { loss = "categorical_crossentropy", optimizer = Walk {} },
}
