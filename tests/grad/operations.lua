-- Every operation that a spec can use, on matrices and on weights of one, three and four axes; tests/run/operations.sh checks
-- the gradients of the emitted trainer against differences. Nothing here has a kink or a jump where the numbers are.
local All = Layer {
  kind = "All",
  arguments = { { "scale", "number", 1 } },
  takes = "rows",
  call = function(self, x)
    local n, m = x:size(1), x:size(-1)
    local normal = RandomNormal { stddev = 0.3 }
    local square = self:weight("square", { m, m }, Orthogonal { gain = 0.5 })
    local cube = self:weight("cube", { 2, 3, m }, normal)
    local four = self:weight("four", { 2, 3, 2, m }, RandomUniform { minval = -1, maxval = 1 })
    local row = self:weight("row", { m }, { { Constant { 0.4 }, 1 }, { "ones", m - 1 } })
    local one = self:weight("one", { 1 }, Constant { 0.5 })

    -- element by element, with numbers, rows and columns beside matrices
    local y = x:dot(square) + row * x - x / (2 + abs(x)) + self.scale * one ^ 2
    y = y + exp(-abs(x)) + log(2 + x * x) + sqrt(1 + x ^ 2) + tanh(x) * sigmoid(x) + relu(x) - sign(x) * x
    y = y + pow(1 + abs(x), 0.7) + 2 ^ x + pow(1 + row * row, x)
    y = y + min(x, 0.3) + max(x, row) + where(lt(x, y), x, y) + where(ge(x, 0.1), 1, x) + where(eq(x, x), x, stop(y))
    y = y + where(gt(x, 0), x, 0) + where(le(x, row), row, x:cols(1, 1))

    -- along an axis, all of them, kept or not
    y = y + sum(x, 0) + sum(x, -1) + mean(x, 0) + mean(x, 1) + sum(x) + mean(x) / n
    y = y + sum(x, 0, false) + mean(x, 1, false):reshape(n, 1) + reduce_max(x, 1) + mean(row)
    y = y + sum(cube, 2, false):reshape(1, 6):cols(1, m) + sum(cube, 1):reshape(2, m):rows(2, 2)
    y = y + mean(cube, 0):reshape(3, m):rows(1, 1)
    y = y + sum(mean(four, 1, false), 0, false):rows(1, 1) + sum(four, 2):reshape(6, m):rows(5, 5) + sum(mean(four, 3))
      :reshape(1) + reduce_max(four, 1):reshape(4, m):rows(3, 3) + reduce_max(cube, 0):reshape(3, m):rows(2, 2)

    -- broadcasting over three and four axes
    local wide = sum(cube, 1):reshape(2, 1, 1, m) * mean(four, 2) + row - sum(four, 3) * tanh(four)
    y = y + sum(sum(wide, 0, false), 0, false):rows(2, 2) / m + sum(wide * wide):reshape(1) * 0.01

    -- cut, joined, turned
    local a, b = y:split(2)
    y = concat { tanh(b), a } + where(lt(concat { a, b }, 0):cols(1, m), 0.5, y)
    y = y + x:dot(concat({ square:rows(2, m), square:rows(1, 1) }, 0)) * y:cols(1, 1)
    local best = argmax(y)
    y = y + square:t():dot(y:t()):t() + y:reshape(1, n * m):reshape(n, m) * 0.1 + pick(y, argmax(x))
    y = y + gather(square, best) + gather(square, best:rows(1, 1)) * x
    return y * 0.1
  end,
}

local text  = Text { "forty_three.txt" }
local vocab = text:chars()

return Model {
  name = "operations",
  dtype = "float64",
  data = Windows { text, length = 3, input = "onehot" },
  layers = {
    LSTM { 4, return_sequences = true },
    All { 1.5 },
    SimpleRNN { 6 },
    All {},
    Dense { #vocab, activation = "softmax" },
  },
  compile = Compile { loss = "categorical_crossentropy", optimizer = "adam" },
  fit = Fit { batch_size = 5 },
}
