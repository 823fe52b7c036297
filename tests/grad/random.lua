-- A model at random: -D seed=N makes the Nth. Sizes are few, so that shapes that have nothing to do with each other are
-- often equal. tests/run/random.sh holds what is emitted for it against what is emitted without any rewrite.
local state = Parameter("seed", 1) * 7919 + 1

local function draw(n) -- from 1 to n, by Lehmer's generator (Park and Miller 1988)
  state = state * 48271 % 2147483647
  return state % n + 1
end

local function one_of(list) return list[draw(#list)] end

local small, wide = RandomNormal { stddev = 0.4 }, RandomNormal { stddev = 1 }
local large = Parameter("large", false) -- enough work for several workers
local sizes = large and { 32, 48, 65, 96, 130 } or { 1, 3, 4, 8, 16, 17 }
local batches = large and { 16, 30, 32, 65 } or { 1, 3, 4, 8, 16 }

-- What can be made of matrices of u columns; w(sizes) is a weight, and where training a mask is on.
local operations = {
  function(a) return tanh(a) end,
  function(a) return sigmoid(a) end,
  function(a) return exp(-abs(a)) end,
  function(a) return log(1 + a * a) end,
  function(a) return sqrt(1 + a * a) end,
  function(a) return pow(1.1 + tanh(a), 1.5) end,
  function(a) return relu(a - 0.01) end,
  function(a) return min(0.3, a) end,
  function(a, b) return a * b end,
  function(a, b) return a - b end,
  function(a, b) return a / (1 + b * b) end,
  function(a, b) return max(a, b) end,
  function(a, b) return a / (1 + sum(b * b, -1)) end,
  function(a, b) return a - mean(b, -1) end,
  function(a, b) return a - reduce_max(b, -1) end,
  function(a, b) return a * b:cols(1, 1) end,
  function(a, b, c) return where(lt(a, b), c, 0.5 * a) end,
  function(a, b, c) return a * b + (1 - a) * c end,
  function(a, _, _, w, u) return a + w { u } end,
  function(a, _, _, w, u) return a * w { u } end,
  function(a, _, _, w, u) return a:dot(w { u, u }) end,
  function(a, b, _, w, u) return concat({ a, b }):dot(w { 2 * u, u }) end,
  function(a, _, _, w, u)
    local left, middle, right = a:dot(w { u, 3 * u }):split(3)
    return left * sigmoid(right) + middle
  end,
  function(a, _, _, _, u, self)
    return self.context.training and where(self:chance(a, 0.75), a / 0.75, 0) or a
  end,
}

-- Some operations and the numbers of their operands among `inputs` and what was made before; drawn once, since a layer's
-- call runs for every program.
local function recipe(inputs, length)
  local list = {}
  for i = 1, length do
    local function any() return draw(inputs + i - 1) end
    list[i] = { one_of(operations), any(), any(), any() }
  end
  return list
end

local function cook(list, values, u, self)
  for i, each in ipairs(list) do
    local operation, a, b, c = table.unpack(each)
    local function weight(dims) return self:weight("w" .. i, dims, small) end
    values[#values + 1] = operation(values[a], values[b], values[c], weight, u, self)
  end
  return values[#values]
end

local function a_cell(number, returns)
  local states = one_of { { "h" }, { "h", "c" } }
  local list = recipe(1 + #states, 2 + draw(10))
  local MyCell = Cell {
    kind = "Cell" .. number,
    arguments = { { "units", "size" } },
    states = states,
    weights = function(self, features) self.kernel = self:weight("kernel", { features, self.units }, wide) end,
    step = function(self, x, h, c)
      x = x:dot(self.kernel)
      local y = tanh(cook(list, { x, h, c }, self.units, self) + x)
      return y, c and sigmoid(c - y)
    end,
  }
  return MyCell { one_of(sizes), return_sequences = returns }
end

local function a_layer(number)
  local list, u = recipe(1, draw(7)), one_of(sizes)
  local MyLayer = Layer {
    kind = "Layer" .. number,
    takes = one_of { "rows", "steps" },
    call = function(self, x)
      x = x:dot(self:weight("kernel", { x:size(-1), u }, wide))
      return tanh(cook(list, { x }, u, self) + x)
    end,
  }
  return MyLayer {}
end

local every, layers = draw(3) == 1, {}
for i = 1, draw(3) do
  layers[#layers + 1] = one_of {
    a_cell(i, true), a_cell(i, true), a_layer(i), LSTM { one_of(sizes), return_sequences = true },
    SimpleRNN { one_of(sizes), return_sequences = true }, i > 1 and Dropout { 0.25 } or nil,
  }
end
if not every then layers[#layers + 1] = one_of { a_cell(4, false), LSTM { one_of(sizes) }, SimpleRNN { one_of(sizes) } } end
for _ = 1, draw(3) - 1 do layers[#layers + 1] = Dense { one_of(sizes) } end

local text = Text { "forty_three.txt" }
layers[#layers + 1] = Dense { #text:chars(), activation = "softmax" }

return Model {
  name = "random",
  dtype = "float64",
  data = Windows {
    text, length = draw(5), input = one_of { "scaled", "onehot" }, predict = every and "every" or "last",
  },
  layers = layers,
  compile = Compile {
    loss = "categorical_crossentropy",
    optimizer = one_of {
      Adam { 0.01 }, Adam { 0.01, amsgrad = true, clipnorm = 0.5 }, Adam { 0.01, weight_decay = 0.1, clipvalue = 0.01 },
      SGD { 0.1, momentum = 0.9 }, SGD { 0.1, momentum = 0.9, nesterov = true, global_clipnorm = 1 },
    },
  },
  fit = Fit { epochs = 1, batch_size = one_of(batches) },
}
