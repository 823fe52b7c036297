-- Written by tests/reference/write_cases.py.
local text  = Text { "two.txt" }
local vocab = text:chars()

return Model {
  name = "l13_s1_b1_v2_scaled_every",
  data = Windows { text, length = 11, stride = 1, input = "scaled", target = "onehot", predict = "every" },
  layers = {
    LSTM { 13, return_sequences = true },
    SimpleRNN { 1, return_sequences = true },
    Dense { #vocab, activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = Adam { learning_rate = 0.001 } },
  fit     = Fit { epochs = 1, batch_size = 1 },
}
