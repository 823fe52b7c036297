local text = Text { "abc.txt" }
return Model {
  data = Windows { text, length = 4 },
  layers = {
    LSTM { 3, return_sequence = true, unit_forget_bais = false },
    Dense { #text:chars(), activaton = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = "adam" },
}
