-- The library's LSTM typed anew, with a weight of its own for each gate, as textbooks print it. The compiler joins the four
-- products of a step into one, so it trains as LSTM { 96 } does, with no product more: tests/run/own.sh counts them.
local function affine(self, gate, x, h)
  return x:dot(self["kernel_" .. gate]) + h:dot(self["recurrent_kernel_" .. gate]) + self["bias_" .. gate]
end

local FourGates = Cell {
  kind = "FourGates",
  arguments = { { "units", "size" } },
  states = { "h", "c" },

  weights = function(self, features)
    local u = self.units
    for _, gate in ipairs { "i", "f", "c", "o" } do
      for name, weight in pairs { kernel = { { features, u }, "glorot_uniform" },
                                  recurrent_kernel = { { u, u }, "orthogonal" },
                                  bias = { { u }, gate == "f" and "ones" or "zeros" } } do
        name = name .. "_" .. gate
        self[name] = self:weight(name, weight[1], weight[2])
      end
    end
  end,

  step = function(self, x, h, c)
    local i, f = sigmoid(affine(self, "i", x, h)), sigmoid(affine(self, "f", x, h))
    local o = sigmoid(affine(self, "o", x, h))
    c = f * c + i * tanh(affine(self, "c", x, h))
    return o * tanh(c), c
  end,
}

local text  = Text { "bundled.txt", lowercase = true }
local vocab = text:chars()
local units = Parameter("units", 96)             -- lstmc -D units=200 makes it wider

return Model {
  name = "four_gates",
  data = Windows { text, length = 40, stride = 8, input = "onehot", target = "onehot", predict = "every" },
  layers = {
    FourGates { units, return_sequences = true },
    Dense { #vocab, activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = Adam { learning_rate = 0.005 }, metrics = { "accuracy" } },
  fit     = Fit { epochs = 5, batch_size = 32, validation_split = 0.1 },
  sample  = Sample { length = 300, temperature = 0.7 },
}
