-- Written by tests/reference/write_cases.py.
local text  = Text { "forty_three.txt" }
local vocab = text:chars()

return Model {
  name = "l33_l13_b5_v43_scaled_last",
  data = Windows { text, length = 11, stride = 1, input = "scaled", target = "onehot", predict = "last" },
  layers = {
    LSTM { 33, return_sequences = true },
    LSTM { 13 },
    Dense { #vocab, activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = Adam { learning_rate = 0.001 } },
  fit     = Fit { epochs = 1, batch_size = 5 },
}
