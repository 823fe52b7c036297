local text = Text { "long.txt" }
return Model {
  data = Windows { text, length = 1048576 },
  layers = { LSTM { 3 }, Dense { #text:chars(), activation = "softmax" } },
  compile = Compile { loss = "categorical_crossentropy" },
  fit = Fit { batch_size = 1048576 },
}
