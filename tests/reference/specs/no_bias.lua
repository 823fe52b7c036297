-- Written by tests/reference/write_cases.py.
local text  = Text { "three.txt" }
local vocab = text:chars()

return Model {
  name = "no_bias",
  data = Windows { text, length = 11, stride = 1, input = "onehot", target = "onehot", predict = "last" },
  layers = {
    LSTM { 7, return_sequences = true, use_bias = false },
    SimpleRNN { 13, use_bias = false },
    Dense { #vocab, activation = "softmax", use_bias = false },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = Adam { learning_rate = 0.001 } },
  fit     = Fit { epochs = 1, batch_size = 5 },
}
