-- A cell of one's own: an LSTM whose gates also look at the cell state (peepholes, Gers and Schmidhuber 2000). From the
-- equations of one step come the unrolled steps, their derivative and their fused loops, as for the library's own cells.
local Peephole = Cell {
  kind = "Peephole",
  arguments = { { "units", "size" } },
  states = { "h", "c" },                         -- the first is the output

  weights = function(self, features)
    local u = self.units
    self.kernel = self:weight("kernel", { features, 4 * u }, "glorot_uniform")
    self.recurrent_kernel = self:weight("recurrent_kernel", { u, 4 * u }, "orthogonal")
    self.peepholes = self:weight("peepholes", { 3 * u }, RandomNormal { stddev = 0.1 })
    self.bias = self:weight("bias", { 4 * u }, "zeros")
  end,

  step = function(self, x, h, c)
    local i, f, g, o = (x:dot(self.kernel) + h:dot(self.recurrent_kernel) + self.bias):split(4)
    local from_i, from_f, from_o = self.peepholes:split(3)
    c = sigmoid(f + from_f * c) * c + sigmoid(i + from_i * c) * tanh(g)
    return sigmoid(o + from_o * c) * tanh(c), c
  end,
}

local text  = Text { "bundled.txt", lowercase = true }
local vocab = text:chars()
local units = Parameter("units", 96)             -- lstmc -D units=200 makes it wider

return Model {
  name = "peephole",
  data = Windows { text, length = 40, stride = 8, input = "onehot", target = "onehot", predict = "every" },
  layers = {
    Peephole { units, return_sequences = true },
    Dense { #vocab, activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = Adam { learning_rate = 0.005 }, metrics = { "accuracy" } },
  fit     = Fit { epochs = 5, batch_size = 32, validation_split = 0.1 },
  sample  = Sample { length = 300, temperature = 0.7 },
}
