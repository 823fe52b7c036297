local text = Text { "abc.txt" }
local Deaf = Layer {
  kind = "Deaf",
  takes = "rows",
  call = function(self, x) return full(x:size(1), 3, 0) + self:weight("bias", { 3 }, "ones") end,
}
return Model {
  data = Windows { text, length = 4 },
  layers = { SimpleRNN { 4 }, Deaf {}, Dense { #text:chars(), activation = "softmax" } },
  compile = Compile { loss = "categorical_crossentropy" },
}
