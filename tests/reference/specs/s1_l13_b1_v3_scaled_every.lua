-- Written by tests/reference/write_cases.py.
local text  = Text { "three.txt" }
local vocab = text:chars()

return Model {
  name = "s1_l13_b1_v3_scaled_every",
  data = Windows { text, length = 11, stride = 1, input = "scaled", target = "onehot", predict = "every" },
  layers = {
    SimpleRNN { 1, return_sequences = true },
    LSTM { 13, return_sequences = true },
    Dense { #vocab, activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = Adam { learning_rate = 0.001 } },
  fit     = Fit { epochs = 1, batch_size = 1 },
}
