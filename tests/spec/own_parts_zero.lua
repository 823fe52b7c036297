local text = Text { "abc.txt" }
local Two = Layer {
  kind = "Two",
  takes = "rows",
  call = function(self, x)
    return x:dot(self:weight("kernel", { x:size(-1), 4 }, { { "zeros", 0 }, { "ones", 4 } }))
  end,
}
return Model {
  data = Windows { text, length = 4 },
  layers = { LSTM { 2 }, Two {}, Dense { #text:chars(), activation = "softmax" } },
  compile = Compile { loss = "categorical_crossentropy" },
}
