-- The model that compiler/IR.md follows through all stages: one unit, two steps.
local text = Text { "ab.txt" }

return Model {
  name = "two_steps",
  data = Windows { text, length = 2 },
  layers = { SimpleRNN { 1, use_bias = false }, Dense { #text:chars() } },
  compile = Compile { loss = "mean_squared_error", optimizer = "sgd" },
  fit = Fit { batch_size = 2 },
}
