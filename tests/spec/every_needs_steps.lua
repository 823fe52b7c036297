local text = Text { "abc.txt" }
return Model {
  data = Windows { text, length = 4, predict = "every" },
  layers = {
    LSTM { 3 },
    Dense { #text:chars(), activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = "adam" },
}
