local text = Text { "abc.txt" }
return Model {
