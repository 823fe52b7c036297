local text = Text { "abc.txt", lowercase = true }
return Model {
  name = "twins",
  data = Windows { text, length = 4, stride = 1, input = "scaled", target = "onehot", predict = "last" },
  layers = {
    LSTM { 3, return_sequences = true },
    Dropout { 0.2 },
    SimpleRNN { 3, activation = "relu", kernel_initializer = "orthogonal" },
    Dense { #text:chars(), activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = Adam { learning_rate = 0.001 }, metrics = { "accuracy" } },
  fit     = Fit { epochs = 1, batch_size = 30 },
  sample  = Sample { length = 4, temperature = 0, mode = "window" },
}
