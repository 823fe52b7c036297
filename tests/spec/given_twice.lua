local text = Text { "abc.txt" }
return Model {
  data = Windows { text, length = 4 },
  layers = {
    LSTM { 3, units = 4 },
    Dense { #text:chars(), "softmax", 4, 5, 6, 7, 8 },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = "adam" },
}
