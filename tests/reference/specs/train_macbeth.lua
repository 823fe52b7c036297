-- Written by tests/reference/write_cases.py.
local text  = Text { "macbeth.txt", lowercase = true }
local vocab = text:chars()

return Model {
  name = "train_macbeth",
  data = Windows { text, length = 50, stride = 1, input = "scaled", target = "onehot", predict = "last" },
  layers = {
    LSTM { 300, return_sequences = true },
    LSTM { 300 },
    Dense { #vocab, activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = Adam { learning_rate = 0.001 } },
  fit     = Fit { epochs = 1, batch_size = 30 },
}
