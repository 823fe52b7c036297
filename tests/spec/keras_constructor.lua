local optimizer = RMSprop { learning_rate = 0.01 }
