-- Written by tests/reference/write_cases.py.
local text  = Text { "forty_three.txt" }
local vocab = text:chars()

return Model {
  name = "hard_sigmoid",
  data = Windows { text, length = 11, stride = 1, input = "onehot", target = "onehot", predict = "last" },
  layers = {
    LSTM { 7, recurrent_activation = "hard_sigmoid" },
    Dense { #vocab, activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = Adam { learning_rate = 0.001 } },
  fit     = Fit { epochs = 1, batch_size = 5 },
}
