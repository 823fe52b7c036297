-- Written by tests/reference/write_cases.py.
local text  = Text { "two.txt" }
local vocab = text:chars()

return Model {
  name = "l13_l33_b5_v2_onehot_last",
  data = Windows { text, length = 11, stride = 1, input = "onehot", target = "onehot", predict = "last" },
  layers = {
    LSTM { 13, return_sequences = true },
    LSTM { 33 },
    Dense { #vocab, activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = Adam { learning_rate = 0.001 } },
  fit     = Fit { epochs = 1, batch_size = 5 },
}
