local text = Text { "abc.txt" }
local Noisy = Layer {
  kind = "Noisy",
  takes = "rows",
  call = function(self, x)
    return where(self:chance(x, 0.5), x, 0)
  end,
}
return Model {
  data = Windows { text, length = 4 },
  layers = { SimpleRNN { 4 }, Noisy {}, Dense { #text:chars(), activation = "softmax" } },
  compile = Compile { loss = "categorical_crossentropy" },
}
