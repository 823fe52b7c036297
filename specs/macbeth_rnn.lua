-- What the article sets out to improve on: a plain recurrent network on the same text, taught at every step. Beside
-- macbeth_every.lua it shows what the cell state is worth, and how clipping keeps gradients from exploding.
local text  = Text { "macbeth.txt", lowercase = true }
local vocab = text:chars()

return Model {
  name = "macbeth_rnn",
  data = Windows { text, length = 50, stride = 10, input = "onehot", target = "onehot", predict = "every" },
  layers = {
    SimpleRNN { 300, return_sequences = true },
    Dropout { 0.2 },
    Dense { #vocab, activation = "softmax" },
  },
  compile = Compile {
    loss = "categorical_crossentropy",
    optimizer = Adam { learning_rate = 0.001, global_clipnorm = 5 },   -- plain recurrent gradients explode
    metrics = { "accuracy" },
  },
  fit     = Fit { epochs = 5, batch_size = 30, validation_split = 0.1 },
  sample  = Sample { length = 500, temperature = 0.7, mode = "stateful" },
}
