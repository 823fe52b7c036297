-- The tutorial's network, taught at every step: it sees the symbols one-hot and each step predicts its next character. Half a
-- minute of this is worth the tutorial's best.
local text  = Text { "macbeth.txt", lowercase = true }
local vocab = text:chars()

return Model {
  name = "macbeth_every",
  data = Windows { text, length = 50, stride = 10, input = "onehot", target = "onehot", predict = "every" },
  layers = {
    LSTM { 300, return_sequences = true },
    Dropout { 0.2 },
    LSTM { 300, return_sequences = true },
    Dropout { 0.2 },
    Dense { #vocab, activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = Adam { learning_rate = 0.002 }, metrics = { "accuracy" } },
  fit     = Fit { epochs = 5, batch_size = 30, validation_split = 0.1 },
  sample  = Sample { length = 500, temperature = 0.7, mode = "stateful" },
}
