-- A loss of one's own: the focal loss of Lin et al. 2017, which cares less for what is predicted well already.
-- `call` gets the right answers y, one-hot, and the predictions p, a row for each, and returns a column: a loss a row.
local Focal = Loss {
  name = "focal",
  call = function(y, p)
    local right = pick(p, y)                     -- the probability of the right answer
    return -(1 - right) ^ 2 * log(max(right, 1e-7))
  end,
}

local text  = Text { "bundled.txt", lowercase = true }
local vocab = text:chars()
local units = Parameter("units", 96)             -- lstmc -D units=200 makes it wider

return Model {
  name = "focal_loss",
  data = Windows { text, length = 40, stride = 8, input = "onehot", target = "onehot", predict = "every" },
  layers = {
    LSTM { units, return_sequences = true },
    Dense { #vocab, activation = "softmax" },
  },
  compile = Compile { loss = Focal, optimizer = Adam { learning_rate = 0.005 }, metrics = { "accuracy" } },
  fit     = Fit { epochs = 5, batch_size = 32, validation_split = 0.1 },
  sample  = Sample { length = 300, temperature = 0.7 },
}
