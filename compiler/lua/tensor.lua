-- Tensors as a layer sees them. The operators + - * / ^ work element by element, with numbers too, and broadcast as in
-- numpy; `lstmc.ops` has a function per row of ops.def. Rows and columns count from 1, as everything in Lua; axes are
-- Keras's: 0, 1, and -1 for the last. A reduced axis stays, with size 1.
local ops = lstmc.ops
local index_of, size = lstmc.index, lstmc.size

local tensor = {}  -- functions
local methods = {} -- x:method()
lstmc.tensor.__index = methods
lstmc.tensor.__lt = function() lstmc.fail(nil, "tensors are compared with lt(x, y), le(x, y) and eq(x, y)") end
lstmc.tensor.__le = lstmc.tensor.__lt

-- Lua's own function where only numbers are given: exp(1) in a spec is a number.
local function unary(name, of_number)
  local operation = ops[name]
  return function(x)
    if type(x) == "number" then return of_number(x) end
    return operation(x)
  end
end

tensor.exp = unary("exp", math.exp)
tensor.log = unary("log", math.log)
tensor.sqrt = unary("sqrt", math.sqrt)
tensor.abs = unary("abs", math.abs)
tensor.tanh = ops.tanh
tensor.sigmoid = ops.sigmoid
tensor.sign = ops.sign
tensor.stop = ops.stop -- the value, without its derivative
tensor.max = ops.max   -- element by element; reduce_max looks along an axis
tensor.min = ops.min
tensor.pow = ops.pow
tensor.lt = ops.lt     -- comparisons give bits, for where()
tensor.le = ops.le
tensor.eq = ops.eq
function tensor.gt(x, y) return ops.lt(y, x) end
function tensor.ge(x, y) return ops.le(y, x) end

-- x where the bit is set, else y.
function tensor.where(bits, x, y) return ops.select(bits, x, y) end

-- max(x, 0), but a NaN stays one, so that it is seen.
function tensor.relu(x) return x * ops.select(ops.lt(0, x), 1, 0) end

local function axis_of(x, axis)
  return axis < 0 and lstmc.rank(x) + axis or axis
end

-- Over one axis, or over all.
local function reduction(name)
  local operation = ops[name]
  return function(x, axis)
    if axis then return operation(x, { axis = axis_of(x, axis) }) end
    for all = lstmc.rank(x) - 1, 0, -1 do x = operation(x, { axis = all }) end
    return x
  end
end

tensor.sum = reduction("sum")
tensor.reduce_max = reduction("reduce_max")
tensor.argmax = ops.argmax -- of each row, as indices

function tensor.mean(x, axis)
  local n = 1
  for i = 1, lstmc.rank(x) do
    if not axis or i == axis_of(x, axis) + 1 then n = n * size(x, i) end
  end
  return tensor.sum(x, axis) / n
end

-- Joins a list of tensors along an axis, the last one unless told otherwise.
function tensor.concat(list, axis)
  return ops.concat(list, { axis = axis_of(list[1], axis or -1) })
end

-- Column i[r] of row r; `i` may be one-hot rows.
function tensor.pick(x, i) return ops.pick(x, index_of(i) or i) end

-- Rows of a table by index; `i` may be one-hot rows.
function tensor.gather(x, i) return ops.gather(x, index_of(i) or i) end

-- A matrix of one number.
function tensor.full(rows, columns, value)
  return ops.const { value = value, dims = { rows, columns } }
end

-- The matrix product; one-hot rows take rows of w instead of multiplying.
function methods.dot(x, w)
  local index = index_of(x)
  if index then return ops.gather(w, index) end
  return ops.matmul(x, w)
end

function methods.t(x) return ops.transpose(x) end
function methods.rows(x, first, last) return ops.rows(x, { start = first - 1, stop = last }) end
function methods.cols(x, first, last) return ops.cols(x, { start = first - 1, stop = last }) end
function methods.reshape(x, ...) return ops.reshape(x, { dims = { ... }, elem = lstmc.elem(x) }) end

-- n blocks of columns, all of the same width: i, f, c, o = z:split(4)
function methods.split(x, n)
  local columns = size(x, -1)
  if columns % n ~= 0 then lstmc.fail(nil, ("split: %d columns are no %d equal blocks"):format(columns, n)) end
  local width, blocks = columns // n, {}
  for i = 1, n do blocks[i] = ops.cols(x, { start = (i - 1) * width, stop = i * width }) end
  return table.unpack(blocks)
end

-- Sizes: x:size(1) rows, x:size(-1) the last axis.
function methods.size(x, axis) return size(x, axis) end

-- What a spec sees; abs, max and the like of numbers are in its `math`.
tensor.exports = {}
for name in string.gmatch([[
  exp log sqrt abs tanh sigmoid relu sign stop max min pow lt le eq gt ge where sum reduce_max argmax mean concat pick
  gather full
]], "%S+") do
  tensor.exports[name] = tensor[name]
end
return tensor
