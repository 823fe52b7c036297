local text = Text { "abc.txt" }
return Model {
  data = Windows { text, length = 4 },
  layers = {
    LSTM { 3, activation = "gelu", kernel_initializer = "he_normal" },
    Dense { #text:chars(), activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = "rmsprop", metrics = { "auc" } },
}
