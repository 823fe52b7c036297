-- An activation as a layer of its own. Keras's Activation: https://keras.io/api/layers/core_layers/activation/
local layer = import "layer"

local Activation = layer.define {
  kind = "Activation",
  arguments = { { "activation", "activation" } },
  takes = "rows",
  call = function(self, x) return self.activation(x) end,
}

return { exports = { Activation = Activation } }
