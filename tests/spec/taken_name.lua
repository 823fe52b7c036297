local text = Text { "abc.txt" }
return Model {
  name = "kernels",
  data = Windows { text, length = 4 },
  layers = { SimpleRNN { 4 }, Dense { #text:chars(), activation = "softmax" } },
  compile = Compile { loss = "categorical_crossentropy" },
}
