-- An optimizer of one's own: Lion, Chen et al. 2023, which walks by the sign of a mixture of gradients, a step of the same
-- length for every weight. weight_decay and the three kinds of clipping come with it; --learning-rate changes it at run time.
local Lion = Optimizer {
  kind = "Lion",
  arguments = { { "learning_rate", "nonnegative", 0.0001 }, { "beta_1", "decay", 0.9 }, { "beta_2", "decay", 0.99 } },

  step = function(self, w, g)
    local m = self:state "m"                     -- of w's shape, zeros at first, kept from update to update
    local direction = sign(self.beta_1 * m + (1 - self.beta_1) * g)
    self:keep("m", self.beta_2 * m + (1 - self.beta_2) * g)
    return w - self.learning_rate * direction
  end,
}

local text  = Text { "bundled.txt", lowercase = true }
local vocab = text:chars()
local units = Parameter("units", 96)             -- lstmc -D units=200 makes it wider

return Model {
  name = "lion",
  data = Windows { text, length = 40, stride = 8, input = "onehot", target = "onehot", predict = "every" },
  layers = {
    LSTM { units, return_sequences = true },
    Dense { #vocab, activation = "softmax" },
  },
  compile = Compile {
    loss = "categorical_crossentropy",
    optimizer = Lion { learning_rate = 0.001, global_clipnorm = 5 },
    metrics = { "accuracy" },
  },
  fit     = Fit { epochs = 5, batch_size = 32, validation_split = 0.1 },
  sample  = Sample { length = 300, temperature = 0.7 },
}
