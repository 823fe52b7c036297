local text = Text { "abc.txt" }
return Model {
  data = Windows { text, length = 4 },
  layers = {
    LSTM { 3, recurrent_dropout = 0.2, stateful = true, kernel_regularizer = "l2" },
    Dense { #text:chars(), activation = "softmax" },
  },
  compile = Compile { loss = "huber", optimizer = Adam { use_ema = true, lr = 0.1 } },
  fit = Fit { callbacks = {} },
}
