-- While training each number is dropped with probability `rate` and the others grow by 1 / (1 - rate); otherwise
-- nothing happens. Srivastava et al. 2014. Keras's Dropout: https://keras.io/api/layers/regularization_layers/dropout/
local layer = import "layer"
local tensor = import "tensor"

local Dropout = layer.define {
  kind = "Dropout",
  arguments = { { "rate", "rate" } },
  lacks = "noise_shape seed",
  takes = "steps",

  call = function(self, x, context)
    local keep = 1 - self.rate
    if not context.training or keep == 1 then return x end
    if keep == 0 then return x * 0 end
    return tensor.where(self:chance(x, keep), x * (1 / keep), 0)
  end,
}

return { exports = { Dropout = Dropout } }
