for k, v in pairs { b = 1, a = 2, [3] = 3, [1] = 4, [true] = 5 } do print(k, v) end
print({}, print, "\27[31m \u{9b}31m", nil)
print(("%s|%10s|%%s|%d|%s"):format({}, print, 3, nil), string.format("%-6s|%q", LSTM, "%s"))
local words = {}
for i = 1, 300 do words[i] = { name = i, size = i // 100 * 7 % 4 } end
table.sort(words, function(a, b) return a.size > b.size end)
print(words[1].name, words[2].name, words[100].name, words[101].name, words[299].name, words[300].name)
local numbers = { 3, 1, 2, 5, 4 }
table.sort(numbers)
print(table.concat(numbers, " "))
local text = Text { "abc.txt" }
return Model {
  data = Windows { text, length = 4 },
  layers = {
    LSTM { 3 },
    Dense { #text:chars(), activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = "adam" },
}
