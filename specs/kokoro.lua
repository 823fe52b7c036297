-- Another script: Natsume Soseki's "Kokoro", 2,065 symbols. The vocabulary is code points, so nothing else changes; the
-- text must be UTF-8 and stand beside this file or in $LSTMC_DATA.
local text  = Text { "soseki_kokoro_lf.txt" }
local vocab = text:chars()

return Model {
  name = "kokoro",
  data = Windows { text, length = 40, stride = 3, input = "onehot", target = "onehot", predict = "last" },
  layers = {
    LSTM { 96 },
    Dense { #vocab, activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = Adam { learning_rate = 0.005 }, metrics = { "accuracy" } },
  fit     = Fit { epochs = 1, batch_size = 64 },
  sample  = Sample { length = 200, temperature = 0.5, mode = "window" },
}
