-- Long short-term memory: Hochreiter and Schmidhuber 1997, with the forget gate of Gers, Schmidhuber and Cummins 2000.
-- Keras's LSTM: https://keras.io/api/layers/recurrent_layers/lstm/. Gates stand in the order i f c o.
local cell = import "cell"
local initializers = import "initializers"

local LSTM = cell.define {
  kind = "LSTM",
  arguments = {
    { "units", "size" },
    { "activation", "activation", "tanh" },
    { "recurrent_activation", "activation", "sigmoid" },
    { "use_bias", "boolean", true },
    { "kernel_initializer", "initializer", "glorot_uniform" },
    { "recurrent_initializer", "initializer", "orthogonal" },
    { "bias_initializer", "initializer", "zeros" },
    { "unit_forget_bias", "boolean", true },
  },
  states = { "h", "c" },

  weights = function(self, features)
    local u, bias = self.units, self.bias_initializer
    self.kernel = self:weight("kernel", { features, 4 * u }, self.kernel_initializer)
    self.recurrent_kernel = self:weight("recurrent_kernel", { u, 4 * u }, self.recurrent_initializer)
    if not self.use_bias then return end
    if self.unit_forget_bias then bias = { { bias, u }, { initializers.ones, u }, { bias, 2 * u } } end
    self.bias = self:weight("bias", { 4 * u }, bias)
  end,

  step = function(self, x, h, c)
    local squash, gate = self.activation, self.recurrent_activation
    local z = x:dot(self.kernel) + h:dot(self.recurrent_kernel)
    if self.use_bias then z = z + self.bias end
    local i, f, g, o = z:split(4)
    c = gate(f) * c + gate(i) * squash(g)
    h = gate(o) * squash(c)
    return h, c
  end,
}

return { exports = { LSTM = LSTM } }
