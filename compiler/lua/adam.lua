-- Adam, Kingma and Ba 2015, in the form with epsilon-hat that stands before section 2.1 of the paper, as in Keras:
-- epsilon is added to the root of the uncorrected v. amsgrad: Reddi, Kale and Kumar 2018.
-- https://keras.io/api/optimizers/adam/
local optimizer = import "optimizer"
local tensor = import "tensor"
local sqrt = tensor.sqrt

local Adam = optimizer.define {
  kind = "Adam",
  arguments = {
    { "learning_rate", "nonnegative", 0.001 },
    { "beta_1", "decay", 0.9 },
    { "beta_2", "decay", 0.999 },
    { "epsilon", "nonnegative", 1e-7 },
    { "amsgrad", "boolean", false },
  },

  begin = function(self, t)
    self.alpha = self.learning_rate * sqrt(1 - self.beta_2 ^ t) / (1 - self.beta_1 ^ t)
  end,

  step = function(self, w, g)
    local m, v = self:state "m", self:state "v"
    m = m + (g - m) * (1 - self.beta_1)
    v = v + (g * g - v) * (1 - self.beta_2)
    self:keep("m", m)
    self:keep("v", v)
    if self.amsgrad then
      v = tensor.max(self:state "vhat", v)
      self:keep("vhat", v)
    end
    return w - m * self.alpha / (sqrt(v) + self.epsilon)
  end,
}

return { Adam = Adam, exports = { Adam = Adam } }
