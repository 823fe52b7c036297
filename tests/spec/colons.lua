local text = Text { "abc.txt" }
local vocab = text.chars()
