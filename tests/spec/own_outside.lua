local text = Text { "abc.txt" }
local m = tanh(text)
