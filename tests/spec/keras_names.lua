local text = Text { "abc.txt" }
local vocab = text:chars()
return Model {
  data = Windows { text, length = 4 },
  layers = {
    LSTM { 3, activation = "quadratic", kernel_initializer = "HE_normal" },
    Dense { vocab, activation = "softmax" },
  },
  compile = Compile { loss = "focal", optimizer = "Lion" },
}
