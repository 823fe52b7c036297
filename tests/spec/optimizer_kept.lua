local text = Text { "abc.txt" }
local Walk = Optimizer {
  kind = "Walk",
  arguments = { { "learning_rate", "nonnegative", 0.1 } },
  step = function(self, w, g)
    local m, old = self:state "m", self:state "n"
    self:keep("m", m + g)
    return w - self.learning_rate * full(1, m:size(-1), 1) * m
  end,
}
return Model {
  data = Windows { text, length = 4 },
  layers = { LSTM { 3 }, Dense { #text:chars(), activation = "softmax" } },
  compile = Compile { loss = "categorical_crossentropy", optimizer = Walk {} },
}
