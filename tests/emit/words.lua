-- A cell whose weights are called like what stands in the C of its kernels: ranges, loops, functions, temporaries.
local text = Text { "bundled.txt", lowercase = true }
local vocab = text:chars()
local words = {
  "rows", "cols", "cells", "row", "col", "n", "t", "me", "k", "v7", "d7", "sums", "left", "top", "across", "down", "width",
  "first", "last", "bad", "seed", "update", "load", "store", "lanes_at", "part_of", "next_cells", "tile_width", "panels_in",
  "sums_at", "all_of", "v_tanh", "v_sigmoid", "random_rows", "random_words", "words", "vec", "uint16_t", "REAL", "int",
}

local Worded = Cell {
  kind = "Worded",
  arguments = { { "units", "size" } },
  states = { "h" },
  weights = function(self, features)
    self.kernel = self:weight("kernel", { features, self.units }, "glorot_uniform")
    self.recurrent = self:weight("recurrent", { self.units, self.units }, "orthogonal")
    self.biases = {}
    for i, word in ipairs(words) do self.biases[i] = self:weight(word, { self.units }, "zeros") end
  end,
  step = function(self, x, h)
    local z = x:dot(self.kernel) + h:dot(self.recurrent)
    for _, bias in ipairs(self.biases) do z = z + bias * h end
    return tanh(z)
  end,
}

return Model {
  name = "words",
  data = Windows { text, length = 4, stride = 37, input = "onehot", target = "onehot" },
  layers = { Worded { 40 }, Dropout { 0.2 }, Dense { #vocab, activation = "softmax" } },
  compile = Compile { loss = "categorical_crossentropy", optimizer = Adam { learning_rate = 0.002 } },
  fit = Fit { batch_size = 30 },
  sample = Sample { length = 10 },
}
