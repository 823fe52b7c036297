-- Stochastic gradient descent, with momentum (Polyak 1964) or Nesterov's (Sutskever et al. 2013).
-- Keras's SGD: https://keras.io/api/optimizers/sgd/
local optimizer = import "optimizer"

local SGD = optimizer.define {
  kind = "SGD",
  arguments = {
    { "learning_rate", "nonnegative", 0.01 },
    { "momentum", "rate", 0 },
    { "nesterov", "boolean", false },
  },

  step = function(self, w, g)
    local step = -(self.learning_rate * g)
    if self.given.momentum == 0 then return w + step end
    local v = self.momentum * self:state "momentum" + step
    self:keep("momentum", v)
    if self.nesterov then return w + (self.momentum * v + step) end
    return w + v
  end,
}

return { SGD = SGD, exports = { SGD = SGD } }
