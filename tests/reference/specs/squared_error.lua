-- Written by tests/reference/write_cases.py.
local text  = Text { "three.txt" }
local vocab = text:chars()

return Model {
  name = "squared_error",
  data = Windows { text, length = 11, stride = 1, input = "onehot", target = "onehot", predict = "last" },
  layers = {
    LSTM { 13 },
    Dense { #vocab, activation = "linear" },
  },
  compile = Compile { loss = "mean_squared_error", optimizer = Adam { learning_rate = 0.001 } },
  fit     = Fit { epochs = 1, batch_size = 5 },
}
