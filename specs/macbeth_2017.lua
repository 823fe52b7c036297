-- The tutorial as it ran when it was written, on Keras 2.1.2: gates of straight lines, and another epsilon in Adam. To be
-- compared with macbeth.lua, which is what today's Keras makes of the same lines.
local text  = Text { "macbeth.txt", lowercase = true }
local vocab = text:chars()
local gates = "hard_sigmoid_keras2"              -- clip(0.2 x + 0.5, 0, 1)

return Model {
  name = "macbeth_2017",
  data = Windows { text, length = 50, stride = 1, input = "scaled", target = "onehot", predict = "last" },
  layers = {
    LSTM { 300, return_sequences = true, recurrent_activation = gates },
    Dropout { 0.2 },
    LSTM { 300, recurrent_activation = gates },
    Dropout { 0.2 },
    Dense { #vocab, activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = Adam { epsilon = 1e-8 }, metrics = { "accuracy" } },
  fit     = Fit { epochs = 1, batch_size = 30 },
  sample  = Sample { length = 50, temperature = 0, mode = "window" },
}
