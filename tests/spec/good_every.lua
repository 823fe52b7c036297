local text = Text { "abc.txt" }
return Model {
  data = Windows { text, length = 4, predict = "every" },
  layers = {
    LSTM { 5, return_sequences = true },
    Dropout { 0.5 },
    SimpleRNN { 4, return_sequences = true },
    Dense { #text:chars(), activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = "adam" },
}
