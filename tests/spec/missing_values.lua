local text = Text { "abc.txt" }
return Model {
  data = Windows { text, stride = 2 },
  layers = {
    LSTM {},
    Dropout {},
    Activation {},
    Dense { #text:chars(), activation = "softmax" },
  },
  compile = Compile { optimizer = "sgd" },
}
