-- Tensors as a layer sees them. The operators + - * / ^ work element by element, with numbers too, and broadcast as in
-- numpy; `lstmc.ops` has a function per row of ops.def. Rows and columns count from 1, as everything in Lua; axes are
-- Keras's: 0, 1, and -1 for the last. A reduced axis stays, with size 1, unless it is told to go.
local arguments = import "arguments"
local messages = import "messages"
local object = import "object"
local ops = lstmc.ops
local index_of, size = lstmc.index, lstmc.size

local tensor = {}
local methods = object.methods("tensor", "x")
lstmc.tensor.__index = methods
getmetatable(methods).__index = function(_, name)
  if type(name) ~= "string" then messages.fail(nil, "a tensor has no items: x:rows(1, 1) is its first row") end
  messages.fail(lstmc.place(name), "a tensor has no method `%s`: it has %s; all else are functions, as in sum(x)", name,
    table.concat(messages.names(methods), " "))
end
lstmc.tensor.__lt = function() lstmc.fail(nil, "tensors are compared with lt(x, y), le(x, y) and eq(x, y)") end
lstmc.tensor.__le = lstmc.tensor.__lt

-- Whether a function got tensors, or also numbers, before its operations complain under names that nobody wrote.
function tensor.check(name, numbers, ...)
  for i = 1, select("#", ...) do
    local x = select(i, ...)
    if not lstmc.is_tensor(x) and not (numbers and type(x) == "number") then
      messages.fail(nil, "%s: operand %d must be a tensor, found %s", name, i, messages.show(x))
    end
  end
end
local check = tensor.check

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
function tensor.gt(x, y)
  check("gt", true, x, y)
  return ops.lt(y, x)
end
function tensor.ge(x, y)
  check("ge", true, x, y)
  return ops.le(y, x)
end

-- x where the bit is set, else y.
function tensor.where(bits, x, y)
  check("where", true, bits, x, y)
  return ops.select(bits, x, y)
end

-- max(x, 0), but a NaN stays one, so that it is seen.
function tensor.relu(x)
  check("relu", true, x)
  return x * ops.select(ops.lt(0, x), 1, 0)
end

-- The sizes of a tensor, as a list.
local function sizes(x)
  local list = {}
  for i = 1, lstmc.rank(x) do list[i] = size(x, i) end
  return list
end

-- An axis that counts from `first`, or back from -1, as one that counts from 0.
local function axis_of(x, axis, first)
  local rank, at = lstmc.rank(x), math.tointeger(axis)
  at = at and (at < 0 and rank + at or at - first)
  if not at or at < 0 or at >= rank then
    messages.fail(nil, "a tensor of %d axes has the axes %d to %d, and -1 for the last; found %s", rank, first,
      rank - 1 + first, messages.show(axis))
  end
  return at
end

-- The sizes without an axis, or without any: of what is then one number, a 1 stays.
local function without(x, axis)
  local list = axis and sizes(x) or { 1 }
  if axis and #list > 1 then table.remove(list, axis + 1) end
  return list
end

-- Over one axis, or over all; sum(x, 0) leaves that axis as 1, sum(x, 0, false) has it no more.
local function reduction(name)
  local operation = ops[name]
  return function(x, axis, keep)
    check(name, false, x)
    axis = axis and axis_of(x, axis, 0)
    local first, last = axis or 0, axis or lstmc.rank(x) - 1
    local dims = keep == false and without(x, axis)
    for each = last, first, -1 do x = operation(x, { axis = each }) end
    return dims and x:reshape(table.unpack(dims)) or x
  end
end

tensor.sum = reduction("sum")
tensor.reduce_max = reduction("reduce_max")
tensor.argmax = ops.argmax -- of each row, as indices

function tensor.mean(x, axis, keep)
  local n = 1
  check("mean", false, x)
  for i, each in ipairs(sizes(x)) do
    if not axis or i == axis_of(x, axis, 0) + 1 then n = n * each end
  end
  return tensor.sum(x, axis, keep) / n
end

-- Bits lie in words, a row of them in whole ones: what cuts words does it with ones and zeros.
local function by_numbers(x, cut)
  if lstmc.elem(x) ~= "b" then return cut(x) end
  return ops.lt(0, cut(ops.select(x, 1, 0)))
end

local function check_list(list)
  for i, x in messages.items(list) do
    if not lstmc.is_tensor(x) then
      messages.fail(nil, "concat: item %d must be a tensor, found %s", i, messages.show(x))
    end
  end
  if type(list) ~= "table" or #list == 0 then
    messages.fail(nil, "concat takes a list of tensors in braces: concat({ x, h })")
  end
end

-- Joins a list of tensors along the first axis or the last, the last one unless told otherwise.
function tensor.concat(list, axis)
  check_list(list)
  local attributes = { axis = axis_of(list[1], axis or -1, 0) }
  if lstmc.elem(list[1]) ~= "b" then return ops.concat(list, attributes) end
  local numbers = {}
  for i, x in ipairs(list) do numbers[i] = lstmc.elem(x) == "b" and ops.select(x, 1, 0) or x end
  return ops.lt(0, ops.concat(numbers, attributes))
end

-- Column i[r] of row r; `i` may be one-hot rows.
function tensor.pick(x, i)
  check("pick", false, x, i)
  return ops.pick(x, index_of(i) or i)
end

-- Rows of a table by index; `i` may be one-hot rows.
function tensor.gather(x, i)
  check("gather", false, x, i)
  return ops.gather(x, index_of(i) or i)
end

-- A matrix of one number.
function tensor.full(rows, columns, value)
  rows = arguments.need("axis", rows, "full(rows, columns, value): rows must be")
  columns = arguments.need("axis", columns, "full(rows, columns, value): columns must be")
  if type(value) ~= "number" then
    messages.fail(nil, "full(rows, columns, value): value must be a number, found %s", messages.show(value))
  end
  return ops.const { value = value, dims = { rows, columns } }
end

-- The matrix product; one-hot rows take rows of w instead of multiplying.
function methods.dot(x, w)
  check("dot", false, x, w)
  local index = index_of(x)
  if index then return ops.gather(w, index) end
  return ops.matmul(x, w)
end

function methods.t(x) return ops.transpose(x) end

-- From `first` to `last`, both of them included.
local function slice(what, x, axis, first, last)
  local whole = lstmc.rank(x) > 0 and size(x, axis) or 0
  local from, to = math.tointeger(first), math.tointeger(last)
  if not from or not to or from < 1 or from > to or to > whole then
    messages.fail(nil, "%s(first, last): both from 1 to %d and in order, found %s and %s", what, whole,
      messages.show(first), messages.show(last))
  end
  return ops[what](x, { start = from - 1, stop = to })
end

function methods.rows(x, first, last)
  if lstmc.rank(x) == 1 then return x:cols(first, last) end
  return slice("rows", x, 1, first, last)
end

function methods.cols(x, first, last)
  return by_numbers(x, function(n) return slice("cols", n, -1, first, last) end)
end

function methods.reshape(x, ...)
  local dims = arguments.shape({ ... }, "reshape")
  return by_numbers(x, function(n) return ops.reshape(n, { dims = dims, elem = lstmc.elem(n) }) end)
end

-- n blocks of columns, all of the same width: i, f, c, o = z:split(4)
function methods.split(x, n)
  local columns = size(x, -1)
  n = arguments.need("size", n, "split: the number of blocks must be")
  if columns % n ~= 0 then messages.fail(nil, "split: %d columns are no %d equal blocks", columns, n) end
  local width, blocks = columns // n, {}
  for i = 1, n do blocks[i] = x:cols((i - 1) * width + 1, i * width) end
  return table.unpack(blocks)
end

-- Sizes: x:size(1) rows, x:size(-1) the last axis.
function methods.size(x, axis) return size(x, axis_of(x, axis, 1) + 1) end

-- What a spec sees; abs, max and the like of numbers are in its `math`.
tensor.exports = {}
for name in string.gmatch([[
  exp log sqrt abs tanh sigmoid relu sign stop max min pow lt le eq gt ge where sum reduce_max argmax mean concat pick
  gather full
]], "%S+") do
  tensor.exports[name] = tensor[name]
end
return tensor
