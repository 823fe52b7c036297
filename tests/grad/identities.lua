-- What operations compute, by identities: the loss is the sum of the squares of what should be equal and is not. With
-- -D fault=0.001 one of them is wrong.
local fault = Parameter("fault", 0.0)

local function identity(m)
  local rows = {}
  for i = 1, m do
    local parts = {}
    for j = 1, m do parts[j] = full(1, 1, i == j and 1 or 0) end
    rows[i] = concat(parts)
  end
  return concat(rows, 0)
end

local Differences = Layer {
  kind = "Differences",
  arguments = { { "units", "size" } },
  takes = "rows",
  call = function(self, x)
    local n, m = x:size(1), x:size(-1)
    local normal = RandomNormal { stddev = 0.7 }
    local w, v = self:weight("w", { m, 5 }, normal), self:weight("v", { m }, normal)
    local cube, four = self:weight("cube", { 2, 3, 5 }, normal), self:weight("four", { 2, 3, 2, 5 }, normal)
    local planes, total = { cube:rows(1, 1):reshape(3, 5), cube:rows(2, 2):reshape(3, 5) }, 0
    local function equal(a, b)
      local d = a - b
      total = total + sum(d * d, nil, false)
    end

    equal(log(exp(x)), x + fault)
    equal(sqrt(x * x), abs(x))
    equal(sign(x) * abs(x), x)
    equal(tanh(x), 2 * sigmoid(2 * x) - 1)
    equal(relu(x), max(x, 0))
    equal(where(lt(x, v), x, v), min(x, v))
    equal(where(ge(x, v), x, v), max(v, x))
    equal((x + 3) ^ 3, (x + 3) * (x + 3) * (x + 3))
    equal(pow(2, x), exp(x * math.log(2)))
    equal(x / v, x * v ^ -1)

    local a, b = x:split(2)
    equal(concat { b, a }, concat { x:cols(m // 2 + 1, m), x:cols(1, m // 2) })
    equal(x:dot(w), w:t():dot(x:t()):t())
    equal(sum(x:dot(w), 1), sum(x * sum(w, 1):reshape(m), 1))
    equal(sum(x, 0), (x:t():dot(full(n, 1, 1))):t())
    equal(mean(x, 0, false), sum(x, 0):reshape(m) / n)
    equal(mean(x), sum(sum(x, 1), 0) / (n * m))
    equal(x:reshape(n * m, 1):reshape(n, m), x)
    equal(where(lt(x, 0):cols(2, m), 1, 0), where(lt(x:cols(2, m), 0), 1, 0))
    equal(where(concat { lt(x, 0), lt(v, x) }, 1, 0), concat { where(lt(x, 0), 1, 0), where(gt(x, v), 1, 0) })
    equal(where(lt(x, 0):reshape(n * m, 1), 1, 0), where(lt(x:reshape(n * m, 1), 0), 1, 0))
    equal(pick(x, argmax(x)), reduce_max(x, 1))
    equal(sum(gather(x, argmax(x:t())) * identity(m), 1), reduce_max(x, 0):reshape(m, 1))

    equal(sum(cube, 0, false), planes[1] + planes[2])
    equal(reduce_max(cube, 0):reshape(3, 5), max(planes[1], planes[2]))
    equal(sum(cube, 1, false), concat({ sum(planes[1], 0), sum(planes[2], 0) }, 0))
    equal(reduce_max(cube, 1):reshape(2, 5), concat({ reduce_max(planes[1], 0), reduce_max(planes[2], 0) }, 0))
    equal(sum(cube, 2, false), sum(cube:reshape(6, 5), 1):reshape(2, 3))
    equal(mean(cube, 1), sum(cube, 1) / 3)
    equal(sum(four, 1, false):reshape(2, 10), sum(four:reshape(2, 3, 10), 1, false))
    equal(sum(four, 2, false):reshape(6, 5), sum(four:reshape(6, 2, 5), 1, false))
    equal(sum(four), sum(sum(sum(sum(four, 3), 2), 1), 0))
    local wide = cube * v:cols(1, 1) + mean(cube, 1) + planes[1]
    equal(wide:rows(2, 2):reshape(3, 5), planes[2] * v:cols(1, 1) + mean(planes[2], 0) + planes[1])
    equal((four + sum(cube, 1):reshape(2, 1, 1, 5)):reshape(12, 5):rows(7, 12),
      four:rows(2, 2):reshape(6, 5) + sum(planes[2], 0))

    return x:cols(1, 1) * 0 + total:reshape(1, 1) + full(n, self.units, 0)
  end,
}

local text = Text { "forty_three.txt" }

return Model {
  name = "identities",
  dtype = "float64",
  data = Windows { text, length = 3, input = "onehot" },
  layers = { LSTM { 4 }, Differences { #text:chars() } },
  compile = Compile { loss = function(y, p) return mean(p, -1) end, optimizer = SGD { learning_rate = 0 } },
  fit = Fit { batch_size = 5 },
}
