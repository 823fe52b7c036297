local text = Text { "abc.txt" }
return Model {
  data = Windows { text, length = 4 },
  layers = {
    LSTM { 3, name = "a b" },
    LSTM { 3, name = "x", return_sequences = true },
    Dense { 3, name = "x" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = "adam" },
  name = "9lives",
}
