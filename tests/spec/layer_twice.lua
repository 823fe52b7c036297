local text = Text { "abc.txt" }
local one = LSTM { 3, return_sequences = true }
return Model {
  data = Windows { text, length = 4 },
  layers = {
    one,
    one,
    LSTM { 3 },
    Dense { #text:chars(), activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = "adam" },
}
