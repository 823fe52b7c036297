-- The model whose C is committed in generated/sample/: two units, three steps, small enough to read whole.
-- tests/emit/sample.sh compiles it again and compares.
local text  = Text { "bundled.txt", lowercase = true }
local vocab = text:chars()

return Model {
  name = "sample",
  data = Windows { text, length = 3, input = "onehot" },
  layers = {
    LSTM { 2 },
    Dense { #vocab, activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = "adam" },
  fit     = Fit { epochs = 1, batch_size = 4 },
}
