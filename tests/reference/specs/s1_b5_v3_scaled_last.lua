-- Written by tests/reference/write_cases.py.
local text  = Text { "three.txt" }
local vocab = text:chars()

return Model {
  name = "s1_b5_v3_scaled_last",
  data = Windows { text, length = 11, stride = 1, input = "scaled", target = "onehot", predict = "last" },
  layers = {
    SimpleRNN { 1 },
    Dense { #vocab, activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = Adam { learning_rate = 0.001 } },
  fit     = Fit { epochs = 1, batch_size = 5 },
}
