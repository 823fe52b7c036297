local text = Text { "abc.txt" }
return Model {
  data = Windows { text, length = 4 },
  layers = {
    LSTM { 3, input_shape = { 50, 1 } },
    Dense { #text:chars(), activation = "softmax", input_shape = { 3 } },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = "adam" },
}
