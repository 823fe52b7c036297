local text = Text { "abc.txt" }
return Model {
  data = Windows { text, length = 4 },
  layers = {
    LSTM(300, return_sequences=True),
    Dropout(0.2),
    LSTM(300, activation='relu', input_shape=(4, 3)),
    Dense { #text:chars(), activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = "adam" },
}
