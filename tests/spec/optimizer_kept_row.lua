local text = Text { "abc.txt" }
local Walk = Optimizer {
  kind = "Walk",
  arguments = { { "learning_rate", "nonnegative", 0.1 } },
  step = function(self, w, g)
    local m, old = self:state "m"
    local row = m:rows(1, 1)
    self:keep("m", m + g)
    return w - self.learning_rate * row
  end,
}
return Model {
  data = Windows { text, length = 4 },
  layers = { LSTM { 3 }, Dense { #text:chars(), activation = "softmax" } },
  compile = Compile { loss = "categorical_crossentropy", optimizer = Walk {} },
}
