local model = Sequential {}
model:add(LSTM { 3 })
model:summary()
