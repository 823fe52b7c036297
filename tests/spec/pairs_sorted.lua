for k, v in pairs { b = 1, a = 2, [3] = 3, [1] = 4, [true] = 5 } do print(k, v) end
print({}, print, "\27[31m \u{9b}31m", nil)
print(("%s|%10s|%%s|%d|%s"):format({}, print, 3, nil), string.format("%-6s|%q", LSTM, "%s"))
local text = Text { "abc.txt" }
return Model {
  data = Windows { text, length = 4 },
  layers = {
    LSTM { 3 },
    Dense { #text:chars(), activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = "adam" },
}
