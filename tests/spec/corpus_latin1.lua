local text = Text { "latin1.txt", lowercase = true }
return Model {
  data = Windows { text, length = 4 },
  layers = {
    LSTM { 3 },
    Dense { #text:chars(), activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = "adam" },
}
