-- One shape of the sweep: a stack of recurrent layers of one kind, read as tests/bench/sweep sets the parameters.
local kind = Parameter("kind", "LSTM") -- LSTM, SimpleRNN, GatedCell or FourWeightLSTM
local units, batch = Parameter("units", 300), Parameter("batch", 30)
local window, layers = Parameter("window", 50), Parameter("layers", 2)

-- A gated recurrent unit (Cho et al. 2014) as one writes it at home: two gates from one product, then a product that
-- needs the first gate's result.
local GatedCell = Cell {
  kind = "GatedCell",
  arguments = { { "units", "size" } },
  states = { "h" },
  weights = function(self, features)
    local u = self.units
    self.kernel = self:weight("kernel", { features, 2 * u }, "glorot_uniform")
    self.recurrent = self:weight("recurrent", { u, 2 * u }, "orthogonal")
    self.bias = self:weight("bias", { 2 * u }, "zeros")
    self.new_kernel = self:weight("new_kernel", { features, u }, "glorot_uniform")
    self.new_recurrent = self:weight("new_recurrent", { u, u }, "orthogonal")
    self.new_bias = self:weight("new_bias", { u }, "zeros")
  end,
  step = function(self, x, h)
    local r, z = (x:dot(self.kernel) + h:dot(self.recurrent) + self.bias):split(2)
    r, z = sigmoid(r), sigmoid(z)
    local new = tanh(x:dot(self.new_kernel) + (r * h):dot(self.new_recurrent) + self.new_bias)
    return (1 - z) * new + z * h
  end,
}

-- The library's LSTM with a weight of its own for each gate: as few products, so as fast.
local FourWeightLSTM = Cell {
  kind = "FourWeightLSTM",
  arguments = { { "units", "size" } },
  states = { "h", "c" },
  weights = function(self, features)
    local u = self.units
    for _, gate in ipairs { "i", "f", "g", "o" } do
      self["kernel_" .. gate] = self:weight("kernel_" .. gate, { features, u }, "glorot_uniform")
      self["recurrent_" .. gate] = self:weight("recurrent_" .. gate, { u, u }, "orthogonal")
      self["bias_" .. gate] = self:weight("bias_" .. gate, { u }, gate == "f" and "ones" or "zeros")
    end
  end,
  step = function(self, x, h, c)
    local function part(gate)
      return x:dot(self["kernel_" .. gate]) + h:dot(self["recurrent_" .. gate]) + self["bias_" .. gate]
    end
    c = sigmoid(part "f") * c + sigmoid(part "i") * tanh(part "g")
    return sigmoid(part "o") * tanh(c), c
  end,
}

local kinds = { LSTM = LSTM, SimpleRNN = SimpleRNN, GatedCell = GatedCell, FourWeightLSTM = FourWeightLSTM }
local text = Text { "bundled.txt", lowercase = true } -- of ../../specs; sweep gives it with --text
local stack = {}
for i = 1, layers do stack[i] = kinds[kind] { units, return_sequences = i < layers } end
stack[#stack + 1] = Dense { #text:chars(), activation = "softmax" }

return Model {
  name = "shape",
  data = Windows { text, length = window, input = "scaled", predict = "last" },
  layers = stack,
  compile = Compile { loss = "categorical_crossentropy", optimizer = "adam" },
  fit = Fit { epochs = 1, batch_size = batch },
}
