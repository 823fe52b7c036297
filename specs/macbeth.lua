-- The tutorial's model, "Essentials of Deep Learning: Introduction to Long Short Term Memory", on the First Folio's Macbeth:
-- 50 characters in, each as one number, and the one behind them out; the loss stays at that of letter frequencies for long.
local text  = Text { "macbeth.txt", lowercase = true }
local vocab = text:chars()                       -- the sorted distinct characters

return Model {
  name = "macbeth",
  data = Windows { text, length = 50, stride = 1, input = "scaled", target = "onehot", predict = "last" },
  layers = {
    LSTM { 300, return_sequences = true },
    Dropout { 0.2 },
    LSTM { 300 },
    Dropout { 0.2 },
    Dense { #vocab, activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = Adam { learning_rate = 0.001 }, metrics = { "accuracy" } },
  fit     = Fit { epochs = 1, batch_size = 30 },  -- the article's text says 100
  sample  = Sample { length = 50, temperature = 0, mode = "window" },
}
