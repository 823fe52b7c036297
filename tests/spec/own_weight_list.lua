local text = Text { "abc.txt" }
local Own = Layer {
  kind = "Own",
  takes = "rows",
  call = function(self, x)
    local y = x * self:weight("gain", { 4 }, { { "ones", 2 }, { "zeros", 1 } })
    return y
  end,
}
return Model {
  data = Windows { text, length = 4 },
  layers = { SimpleRNN { 4 }, Own {}, Dense { #text:chars(), activation = "softmax" } },
  compile = Compile { loss = "categorical_crossentropy" },
}
