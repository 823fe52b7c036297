local text = Text { "abc.txt" }
local Walk = Optimizer {
  kind = "Walk",
  arguments = { { "learning_rate", "nonnegative", 0.1 } },
  begin = function(self) self.old = self:state "old" end,
  step = function(self, w, g)
    return w - g
  end,
}
return Model {
  data = Windows { text, length = 4 },
  layers = { LSTM { 3 }, Dense { #text:chars(), activation = "softmax" } },
  compile = Compile { loss = "categorical_crossentropy", optimizer = Walk {} },
}
