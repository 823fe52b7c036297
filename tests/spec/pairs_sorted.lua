for k, v in pairs { b = 1, a = 2, [3] = 3, [1] = 4, [true] = 5 } do print(k, v) end
print({}, print, "\27[31m \u{9b}31m", nil)
local text = Text { "abc.txt" }
return Model {
  data = Windows { text, length = 4 },
  layers = {
    LSTM { 3 },
    Dense { #text:chars(), activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = "adam" },
}
