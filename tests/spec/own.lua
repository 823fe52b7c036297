-- A cell, a layer, a loss and an optimizer of one's own, one of them in another file.
local cells = require "own_cells"
local Scale = Layer {
  kind = "Scale",
  arguments = { { "by", "number", 2 } },
  takes = "rows",
  call = function(self, x, context)
    local y = x * self:weight("gain", { x:size(-1) }, "ones") * self.by
    if not context.training then return y end
    return where(self:chance(y, 0.5), y, 0)
  end,
}
local Sign = Optimizer {
  kind = "Sign",
  arguments = { { "learning_rate", "positive", 0.01 }, { "beta", "decay", 0.9 } },
  step = function(self, w, g)
    local m = self.beta * self:state "m" + (1 - self.beta) * g
    self:keep("m", m)
    return w - self.learning_rate * sign(m)
  end,
}
local text = Text { "abc.txt" }
return Model {
  data = Windows { text, length = 4, predict = "every" },
  layers = {
    cells.Minimal { 3, return_sequences = true },
    Scale { 0.5 },
    Dense { #text:chars(), activation = function(x) return x / (1 + abs(x)) end },
  },
  compile = Compile { loss = function(y, p) return mean(abs(p - y), -1) end, optimizer = Sign { beta = 0.8 } },
}
