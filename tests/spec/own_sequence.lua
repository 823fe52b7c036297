-- A layer that takes the sequence itself: the loop over time is an ordinary one.
local Twice = Layer {
  kind = "Twice",
  arguments = { { "units", "size" } },
  takes = "sequence",
  call = function(self, xs)
    local w = self:weight("w", { xs.features, self.units }, "orthogonal")
    local sum, out = 0, {}
    for t = 1, #xs do
      sum = xs[t]:dot(w) + sum
      out[t] = sum / t
    end
    return Sequence(out)
  end,
}
local text = Text { "abc.txt" }
return Model {
  data = Windows { text, length = 4, input = "scaled" },
  layers = { Twice { 3 }, LSTM { 2 }, Dense { #text:chars(), activation = "softmax" } },
  compile = Compile { loss = "categorical_crossentropy" },
}
