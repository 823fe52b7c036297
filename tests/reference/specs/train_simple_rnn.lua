-- Written by tests/reference/write_cases.py.
local text  = Text { "forty_three.txt" }
local vocab = text:chars()

return Model {
  name = "train_simple_rnn",
  data = Windows { text, length = 11, stride = 1, input = "scaled", target = "onehot", predict = "last" },
  layers = {
    SimpleRNN { 33 },
    Dense { #vocab, activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = Adam { learning_rate = 0.001 } },
  fit     = Fit { epochs = 1, batch_size = 5 },
}
