local text = Text { "abc.txt" }
local model = Model {
  data = Windows { text, length = 4 },
  layers = { LSTM { 2 }, Dense { #text:chars(), activation = "softmax" } },
  compile = Compile { loss = "categorical_crossentropy" },
}
model.name = "a b"
return model
