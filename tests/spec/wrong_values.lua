local text = Text { "abc.txt" }
return Model {
  data = Windows { text, length = 0, stride = 1.5, input = "raw" },
  layers = {
    LSTM { -3, activation = "tahn", use_bias = 1 },
    LSTM { 2.5, kernel_initializer = "glorot", return_sequences = "yes" },
    Dropout { 1.5 },
    Dense { "three" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = "adam" },
  fit = Fit { epochs = 0, validation_split = 1 }, sample = Sample { temperature = -1, mode = "fast" }, dtype = "float16",
}
