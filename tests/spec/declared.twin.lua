-- The same, call by call and in other words.
local text = Text { lowercase = true, path = "abc.txt" }
local model = Sequential { name = "twins" }
model:add(LSTM { return_sequences = true, units = 3, input_shape = { 4, 1 }, activation = "tanh" })
model:add(Dropout { rate = 0.2 })
model:add(SimpleRNN { 3, kernel_initializer = Orthogonal {}, activation = "relu" })
model:add(Dense { #text:chars(), activation = "softmax" })
model:compile { loss = "categorical_crossentropy", optimizer = "adam" }
model:fit(Windows { text, length = 4, input = "scaled" }, { epochs = 1, batch_size = 30 })
return model
