local text = Text { "abc.txt" }
local function block(n) LSTM { n, return_sequences = true } end
return Model {
  data = Windows { text, length = 4 },
  layers = {
    LSTM { 3 },
    Dense { #text:chars(), activation = "softmax" },
    block(8),
    Dense { 7, activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", metrics = { nil, "accuracy" } },
}
