-- What run.weights trains, and run.resume but for one of the builds: two layers, two masks, a target at every
-- step, an epoch that ends with a partial batch.
local text  = Text { "bundled.txt", lowercase = true }
local vocab = text:chars()

return Model {
  name = "small",
  data = Windows { text, length = 12, stride = 37, input = "onehot", target = "onehot", predict = "every" },
  layers = {
    LSTM { 64, return_sequences = true }, -- wide enough to lie in panels
    Dropout { 0.2 },
    LSTM { 24, return_sequences = true },
    Dropout { 0.2 },
    Dense { #vocab, activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = Adam { learning_rate = 0.002 }, metrics = { "accuracy" } },
  fit     = Fit { epochs = 5, batch_size = 30, validation_split = 0.1 },
  sample  = Sample { length = 100, temperature = 0.7, mode = "stateful" },
}
