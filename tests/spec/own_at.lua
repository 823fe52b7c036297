local text = Text { "abc.txt" }
local Own = Layer {
  kind = "Own",
  takes = "rows",
  call = function(self, x)
    self:at("one")
    return x
  end,
}
return Model {
  data = Windows { text, length = 4 },
  layers = { SimpleRNN { 4 }, Own {}, Dense { #text:chars(), activation = "softmax" } },
  compile = Compile { loss = "categorical_crossentropy" },
}
