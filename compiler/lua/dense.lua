-- y = f(x W + b), for every row alike; of a sequence all steps are one tall matrix and one product.
-- Keras's Dense: https://keras.io/api/layers/core_layers/dense/
local layer = import "layer"

local Dense = layer.define {
  kind = "Dense",
  arguments = {
    { "units", "size" },
    { "activation", "activation", "linear", title = true },
    { "use_bias", "boolean", true },
    { "kernel_initializer", "initializer", "glorot_uniform" },
    { "bias_initializer", "initializer", "zeros" },
  },
  lacks = "kernel_regularizer bias_regularizer kernel_constraint bias_constraint lora_rank quantization_config",
  takes = "rows",

  call = function(self, x)
    local y = x:dot(self:weight("kernel", { x:size(-1), self.units }, self.kernel_initializer))
    if self.use_bias then y = y + self:weight("bias", { self.units }, self.bias_initializer) end
    return self.activation(y)
  end,
}

return { exports = { Dense = Dense } }
