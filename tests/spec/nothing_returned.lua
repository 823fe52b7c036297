local text = Text { "abc.txt" }
