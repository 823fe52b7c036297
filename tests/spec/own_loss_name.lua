local text = Text { "abc.txt" }
return Model {
  data = Windows { text, length = 4 },
  layers = { LSTM { 3 }, Dense { #text:chars(), activation = "softmax" } },
  compile = Compile { loss = Loss { call = function(y, p) return sum(p, -1) end } },
}
