-- Written by tests/reference/write_cases.py.
local text  = Text { "three.txt" }
local vocab = text:chars()

return Model {
  name = "l33_b5_v3_onehot_every",
  data = Windows { text, length = 11, stride = 1, input = "onehot", target = "onehot", predict = "every" },
  layers = {
    LSTM { 33, return_sequences = true },
    Dense { #vocab, activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = Adam { learning_rate = 0.001 } },
  fit     = Fit { epochs = 1, batch_size = 5 },
}
