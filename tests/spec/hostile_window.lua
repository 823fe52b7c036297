local text = Text { "long.txt" }
return Model {
  data = Windows { text, length = 200000 },
  layers = {
    LSTM { 3 },
    Dense { #text:chars(), activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = "adam" },
}
