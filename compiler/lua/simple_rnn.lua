-- The plain recurrent layer: h' = tanh(x K + h R + b), Elman 1990. Keras's SimpleRNN:
-- https://keras.io/api/layers/recurrent_layers/simple_rnn/
local cell = import "cell"

local SimpleRNN = cell.define {
  kind = "SimpleRNN",
  arguments = {
    { "units", "size" },
    { "activation", "activation", "tanh" },
    { "use_bias", "boolean", true },
    { "kernel_initializer", "initializer", "glorot_uniform" },
    { "recurrent_initializer", "initializer", "orthogonal" },
    { "bias_initializer", "initializer", "zeros" },
  },
  states = { "h" },

  weights = function(self, features)
    self.kernel = self:weight("kernel", { features, self.units }, self.kernel_initializer)
    self.recurrent_kernel = self:weight("recurrent_kernel", { self.units, self.units }, self.recurrent_initializer)
    if self.use_bias then self.bias = self:weight("bias", { self.units }, self.bias_initializer) end
  end,

  step = function(self, x, h)
    local z = x:dot(self.kernel) + h:dot(self.recurrent_kernel)
    if self.use_bias then z = z + self.bias end
    return self.activation(z)
  end,
}

return { exports = { SimpleRNN = SimpleRNN } }
