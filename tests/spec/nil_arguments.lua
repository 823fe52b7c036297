local text = Text { "abc.txt" }
return Model {
  data = Windows { text, length = 4 },
  layers = {
    LSTM { 3, nil, nil, 7, nil, nil, nil, nil, nil, nil, nil, nil, true, input_shape = { 4, nil, 4 } },
    Dense { nil, "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy" },
}
