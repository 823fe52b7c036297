-- Written by tests/reference/write_cases.py.
local text  = Text { "three.txt" }
local vocab = text:chars()

return Model {
  name = "squared_error_every",
  data = Windows { text, length = 11, stride = 1, input = "onehot", target = "onehot", predict = "every" },
  layers = {
    SimpleRNN { 13, return_sequences = true },
    Dense { #vocab, activation = "linear" },
  },
  compile = Compile { loss = "mean_squared_error", optimizer = Adam { learning_rate = 0.001 } },
  fit     = Fit { epochs = 1, batch_size = 5 },
}
