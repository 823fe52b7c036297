-- Written by tests/reference/write_cases.py.
local text  = Text { "two.txt" }
local vocab = text:chars()

return Model {
  name = "s13_s7_b5_v2_scaled_last",
  data = Windows { text, length = 11, stride = 1, input = "scaled", target = "onehot", predict = "last" },
  layers = {
    SimpleRNN { 13, return_sequences = true },
    SimpleRNN { 7 },
    Dense { #vocab, activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = Adam { learning_rate = 0.001 } },
  fit     = Fit { epochs = 1, batch_size = 5 },
}
