-- What a spec sees: a table built from nothing. No file, clock or random number can be reached from it, nothing that
-- would outlive the spec, and no function whose work a limit on memory would not stop.
local messages = import "messages"

-- pairs in an order that is always the same: numbers, then strings, then false and true.
local function sorted_pairs(list)
  local rank = { number = 1, string = 2, boolean = 3 }
  local keys, at = {}, 0
  if type(list) ~= "table" then messages.fail(nil, "pairs: expected a table, found %s", messages.show(list)) end
  for key in next, list do
    if not rank[type(key)] then
      messages.fail(nil, "pairs: keys must be numbers, strings or booleans, found a %s", type(key))
    end
    keys[#keys + 1] = key
  end
  table.sort(keys, function(a, b)
    if type(a) ~= type(b) then return rank[type(a)] < rank[type(b)] end
    if type(a) == "boolean" then return not a and b end
    return a < b
  end)
  return function()
    at = at + 1
    if keys[at] ~= nil then return keys[at], list[keys[at]] end
  end
end

-- Of elements that are equal to `before` the first stays first. Lua's own sort takes pivots by the clock where a list is
-- long, and so may leave them now in this order, now in that.
local function stable_sort(list, before)
  if type(list) ~= "table" then messages.fail(nil, "table.sort: expected a table, found %s", messages.show(list)) end
  for i = 1, before and 0 or #list do
    local kind = type(list[i])
    if kind ~= type(list[1]) or kind ~= "number" and kind ~= "string" then
      messages.fail(nil, "table.sort: expected numbers or strings alone, found %s", messages.show(list[i]))
    end
  end
  before = before or function(a, b) return a < b end
  local from, to, n, width = list, {}, #list, 1
  while width < n do
    for left = 1, n, 2 * width do
      local middle, stop = math.min(left + width, n + 1), math.min(left + 2 * width, n + 1)
      local i, k = left, middle
      for at = left, stop - 1 do
        local right = i == middle or k < stop and before(from[k], from[i])
        if right then to[at], k = from[k], k + 1 else to[at], i = from[i], i + 1 end
      end
    end
    from, to, width = to, from, 2 * width
  end
  if from ~= list then table.move(from, 1, n, 1, list) end
end

-- Without addresses, which differ from run to run.
local function plain_tostring(value)
  local kind = type(value)
  local mark = getmetatable(value)
  if kind == "table" or kind == "function" then return mark and mark.__name or kind end
  return tostring(value)
end

-- string.format with plain_tostring for %s and without %p, an address. Its errors are those of the line that calls it.
local function plain_format(text, ...)
  local list, at = table.pack(...), 0
  for kind in string.gmatch(tostring(text), "%%[^%a%%]*([%a%%])") do
    if kind == "p" then messages.fail(nil, "string.format: %%p gives an address, which differs from run to run") end
    at = at + (kind == "%" and 0 or 1)
    if kind == "s" and at <= list.n then list[at] = plain_tostring(list[at]) end
  end
  local good, result = pcall(string.format, text, table.unpack(list, 1, list.n))
  return good and result or error(result, 0)
end

local function pick(library, names)
  local some = {}
  for _, name in ipairs(messages.words(names)) do some[name] = library[name] end
  return some
end

local spec = pick(_G, "assert error ipairs select tonumber type")
spec.pairs = sorted_pairs
spec.tostring = plain_tostring
spec.print = function(...)
  local list = table.pack(...)
  for i = 1, list.n do list[i] = plain_tostring(list[i]) end
  lstmc.print(table.unpack(list, 1, list.n))
end
spec.math = pick(math, "abs ceil cos deg exp floor fmod huge log max maxinteger min mininteger modf pi rad sin " ..
  "sqrt tan tointeger type ult")
local function string_functions()
  local some = pick(string, "byte char len lower rep reverse sub upper") -- no patterns: they can take for ever
  some.format = plain_format
  return some
end
spec.string = string_functions()
getmetatable("").__index = string_functions() -- s:rep(n); the library itself says string.gsub(s, ...)
spec.table = pick(table, "concat insert pack remove unpack")
spec.table.sort = stable_sort
spec.utf8 = pick(utf8, "char codepoint codes len offset")

local files = [[
  tensor sequence layer cell lstm simple_rnn dense dropout activation initializers losses optimizer sgd adam data model
]]
for _, file in ipairs(messages.words(files)) do
  for name, value in next, import(file).exports do spec[name] = value end
end

-- The value of -D NAME=VALUE, else the default, whose type it must have.
function spec.Parameter(name, default)
  local place = lstmc.place("Parameter")
  if not lstmc.is_name(name) then
    messages.fail(place, "Parameter needs a name of letters, digits and _, found %s", messages.show(name))
  end
  local read = {
    number = tonumber,
    string = function(text) return text end,
    boolean = function(text) return ({ ["true"] = true, ["false"] = false })[text] end,
  }
  if not read[type(default)] then
    messages.fail(place, "Parameter(%q, default): the default is a number, a string, true or false, found %s", name,
      messages.show(default))
  end
  local text = lstmc.define(name)
  if text == nil then return default end
  local value = read[type(default)](text)
  if math.type(default) == "integer" then value = math.tointeger(value) end
  if value == nil then
    messages.error(place, "option -D %s=%s: expected %s, as the default %s", name, text,
      math.type(default) == "integer" and "an integer" or "a " .. type(default), messages.show(default))
    return default
  end
  return value
end

-- A Lua file beside the spec, run once in the same environment.
local required = {}
function spec.require(name)
  if required[name] == nil then
    local chunk = lstmc.load_file(name, spec)
    required[name] = true -- a file that requires itself gets this
    local value = chunk()
    if value ~= nil then required[name] = value end
  end
  return required[name]
end

-- What Keras has and lstmc has not (yet), and what there is instead.
local foreign = {
  { "GRU LSTMCell GRUCell RNN", "; a Cell of your own can be it: specs/peephole.lua" },
  { "Lambda LayerNormalization Attention", "; a Layer of your own can be it" },
  { "Embedding", '; behind input = "onehot", Dense { n, use_bias = false } is one' },
  { "RMSprop Adagrad Adadelta Adamax Nadam AdamW Ftrl Lion",
    "; there are Adam, SGD and, for your own, Optimizer: specs/lion.lua" },
  { [[
    Bidirectional TimeDistributed Masking Flatten Reshape Permute RepeatVector Input Conv1D Conv2D MaxPooling1D
    BatchNormalization GaussianNoise MultiHeadAttention EarlyStopping ModelCheckpoint ReduceLROnPlateau
    LearningRateScheduler CSVLogger keras tf tensorflow np numpy layers optimizers
  ]], "" },
}

-- What Lua has and a spec has not: a spec reckons, and touches nothing.
local fenced = messages.words [[
  collectgarbage coroutine debug dofile getmetatable io load loadfile loadstring next os package pcall rawequal rawget
  rawlen rawset setmetatable xpcall
]]

-- A name that nobody defined.
local function undefined(_, name)
  local place = lstmc.place(tostring(name))
  local habit = type(name) == "string" and lstmc.habit(name)
  if habit then
    messages.error(place, "%s", habit)
    return ({ True = true, False = false })[name]
  end
  for _, group in ipairs(foreign) do
    if messages.contains(messages.words(group[1]), name) then
      messages.fail(place, "Keras has %s, lstmc does not%s", name, group[2])
    end
  end
  if messages.contains(fenced, name) then
    messages.fail(place, "`%s` is not there: a spec can reckon and describe, no more", name)
  end
  local known = {}
  for key in sorted_pairs(spec) do known[#known + 1] = key end
  messages.fail(place, "`%s` is not defined%s", tostring(name), messages.suggest(tostring(name), known))
end

-- Runs the spec and gives what it returns.
local function run()
  setmetatable(spec, { __index = undefined })
  return lstmc.load_spec(spec)()
end

return { run = run }
