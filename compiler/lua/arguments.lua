-- The arguments of constructors: `LSTM { 300, return_sequences = true }`. A definition lists them as
--
--   arguments = {
--     { "units", "size" }, { "activation", "activation", "tanh" }, { "clipnorm", "positive", optional = true },
--   }
--
-- name, kind, default. Those without a default must be given, unless they are `optional`. The first ones may stand
-- without their names, but not one that is `named`. A `silent` one is left out of the constructor's text. A kind says
-- what is expected and makes of the given value the one that is used: `check` returns nil if it does not fit.
local messages = import "messages"

local arguments = {}
local kinds = {}

-- Adds a kind. check(value) returns the value to use and how to write it, if that is not plain.
function arguments.kind(name, expects, check)
  kinds[name] = { expects = expects, check = check }
end

-- Those that a definition can ask for; the others are for one argument each.
local offered = messages.words [[
  activation boolean count decay extent function initializer name names nonnegative number positive rate size sizes
  string table
]]

local function number(test)
  return function(value)
    if type(value) ~= "number" or value ~= value or not test(value) then return nil end
    return value
  end
end

local function integer(least, most)
  return function(value)
    value = type(value) == "number" and math.tointeger(value)
    return value and value >= least and value <= most and value or nil
  end
end

local function one_of_type(name)
  return function(value)
    if type(value) == name then return value end
  end
end

local function list_of(kind)
  return function(value)
    local list = {}
    for i, item in messages.items(value) do
      list[i] = kinds[kind].check(item)
      if list[i] == nil then return nil end
    end
    return #list > 0 and list or nil
  end
end

arguments.kind("size", "a positive integer", integer(1, 2^31 - 1))
arguments.kind("axis", "a positive integer", integer(1, 2^53)) -- how large a tensor can be is judged by C
arguments.kind("extent", "an integer from 1 to 1048576", integer(1, 2^20))
arguments.kind("count", "an integer, 0 or more", integer(0, 2^20))
arguments.kind("number", "a number", number(function(x) return math.abs(x) < math.huge end))
arguments.kind("positive", "a positive number", number(function(x) return x > 0 and x < math.huge end))
arguments.kind("nonnegative", "a number, 0 or more", number(function(x) return x >= 0 and x < math.huge end))
arguments.kind("rate", "a number from 0 to 1", number(function(x) return x >= 0 and x <= 1 end))
arguments.kind("decay", "a number from 0 up to but not 1", number(function(x) return x >= 0 and x < 1 end))
arguments.kind("boolean", "true or false", one_of_type("boolean"))
arguments.kind("string", "a string", one_of_type("string"))
arguments.kind("table", "a list in braces", one_of_type("table"))
arguments.kind("function", "a function", one_of_type("function"))
arguments.kind("name", "a name of letters, digits and _ (32 at most, no digit first)", function(value)
  return lstmc.is_name(value) and value or nil
end)
arguments.kind("sizes", "a list of sizes in braces", list_of("size"))
arguments.kind("names", "a list of names in braces", list_of("name"))

-- One of some words.
function arguments.words(name, list)
  local expects = {}
  for i, word in ipairs(list) do expects[i] = ("%q"):format(word) end
  arguments.kind(name, table.concat(expects, " or "), function(value)
    return messages.contains(list, value) and value or nil
  end)
end

local function names_of(definition)
  local names = {}
  for i, argument in ipairs(definition.arguments) do names[i] = argument[1] end
  return names
end

local function find(definition, name)
  for _, argument in ipairs(definition.arguments) do
    if argument[1] == name then return argument end
  end
end

-- What Keras called them before version 2.
local former = {
  init = "kernel_initializer", inner_activation = "recurrent_activation", inner_init = "recurrent_initializer",
  lr = "learning_rate", nb_epoch = "epochs", output_dim = "units", p = "rate",
}

local function complain_unknown(definition, key, place)
  local kind = definition.kind
  if type(key) ~= "string" then
    messages.error(place, "%s: an argument's name is a word, found %s", kind, messages.show(key))
  elseif former[key] and find(definition, former[key]) then
    messages.error(lstmc.field(place, key), "%s has no argument `%s`; today's Keras calls it `%s`", kind, key,
      former[key])
  elseif messages.contains(messages.words(definition.lacks or ""), key) then
    messages.error(lstmc.field(place, key), "`%s`: Keras's %s has this option, lstmc does not", key, kind)
  else
    messages.error(lstmc.field(place, key), "%s has no argument `%s`%s", kind, key,
      messages.suggest(key, names_of(definition)))
  end
end

-- A value as a kind takes it, which it must: `what` begins the sentence that ends the run if it does not, at the place
-- or where the spec is.
function arguments.need(kind, value, what, place)
  local fit = kinds[kind].check(value, place)
  if fit == nil then messages.fail(place, "%s %s, found %s", what, kinds[kind].expects, messages.show(value)) end
  return fit
end

-- The sizes of a shape as integers, which u / 2 is not; `whose` it is.
function arguments.shape(list, whose)
  local sizes = {}
  for i, size in messages.items(list) do
    sizes[i] = arguments.need("axis", size, ("size %d of %s must be"):format(i, whose))
  end
  return sizes
end

local function check_list(who, list, place)
  for i, argument in messages.items(list) do
    local name, kind, default = table.unpack(type(argument) == "table" and argument or {})
    if not lstmc.is_name(name) or not messages.contains(offered, kind) then
      messages.fail(place, "%s: argument %d must be { name, kind, default }; kinds are %s%s", who, i,
        table.concat(offered, " "), messages.suggest(kind, offered))
    end
    if default ~= nil then
      arguments.need(kind, default, ("%s: the default of %s must be"):format(who, name), place)
    end
  end
end

-- Whether what Layer, Cell or Optimizer got is a definition: its fields must be as `needs` says, each { field, kind },
-- perhaps `optional`.
function arguments.check_definition(who, definition, needs, place)
  arguments.need("table", definition, who .. " needs", place)
  for _, need in ipairs(needs) do
    local field, kind = need[1], need[2]
    if definition[field] ~= nil or not need.optional then
      arguments.need(kind, definition[field], ("%s needs %s,"):format(who, field), place)
    end
  end
  check_list(("%s %s"):format(who, definition.kind), definition.arguments, place)
end

-- The arguments of a definition and the `common` ones of its sort. Their names must differ, and be none of self's
-- fields: `has` tells.
function arguments.joined(definition, common, has, place)
  local list, seen = {}, {}
  for _, part in ipairs { definition.arguments or {}, common } do
    for _, argument in ipairs(part) do
      local name = argument[1]
      if seen[name] then
        messages.fail(place, part == common and "%s: the argument %s comes by itself" or
          "%s: two arguments are named %s", definition.kind, name)
      elseif has(name) then
        messages.fail(place, "%s: no argument can be named %s, since self.%s is something else", definition.kind, name,
          name)
      end
      seen[name] = true
      list[#list + 1] = argument
    end
  end
  return list
end

-- The keys of what was given but for the first `count` numbers, as they stand in the spec.
local function names_given(given, count, place)
  local keys, places = {}, {}
  for key in next, given do
    if math.type(key) ~= "integer" or key < 1 or key > count then
      keys[#keys + 1] = key
      places[key] = type(key) == "string" and lstmc.field(place, key) or place
    end
  end
  table.sort(keys, function(a, b)
    if places[a] ~= places[b] then return places[a] < places[b] end
    return tostring(a) < tostring(b)
  end)
  return keys
end

-- Sorts what was given by argument: name -> { value, place }.
local function sort(definition, given, place)
  local found, count = {}, #definition.arguments
  for i, value in messages.items(given) do
    local argument = definition.arguments[i]
    if not argument or argument.named then
      messages.error(lstmc.item(place, i), "%s takes %s, found %s as number %d", definition.kind,
        i == 1 and "named arguments only" or "no more arguments without a name", messages.show(value), i)
      break
    end
    if value ~= nil then found[argument[1]] = { value = value, place = lstmc.item(place, i) } end
  end
  for _, key in ipairs(names_given(given, count, place)) do
    if not find(definition, key) then
      if type(key) ~= "number" then complain_unknown(definition, key, place) end
    elseif found[key] then
      messages.error(lstmc.field(place, key), "%s: %s is given twice, with its name and without", definition.kind, key)
    else
      found[key] = { value = given[key], place = lstmc.field(place, key) }
    end
  end
  return found
end

-- A value as the argument's kind takes it, and its text; nil if it does not fit.
local function convert(argument, value, place)
  local converted, text = kinds[argument[2]].check(value, place)
  if converted ~= nil then return converted, text or messages.show(converted) end
end

-- One argument, from what was given or the default, which also stands in for what is wrong.
local function take(definition, argument, given, place)
  local name, expects, default = argument[1], kinds[argument[2]].expects, argument[3]
  if given then
    local value, text = convert(argument, given.value, given.place)
    if value ~= nil then return value, text end
    local list = type(given.value) == "table" and not getmetatable(given.value)
    messages.error(given.place, "%s: %s must be %s, found %s%s", definition.kind, name, expects,
      messages.show(given.value), list and argument[2] == "size" and "; `#` before a list is its length" or "")
  elseif default == nil and not argument.optional then
    messages.error(place, "%s needs %s, %s", definition.kind, name, expects)
  end
  if default ~= nil then return convert(argument, default, place) end
end

-- One canonical text, whatever order and form the arguments came in; defaults are left out.
local function write(definition, texts)
  local parts = {}
  for _, argument in ipairs(definition.arguments) do
    local name, default = argument[1], nil
    if argument[3] ~= nil then default = select(2, convert(argument, argument[3], 0)) end
    if argument.silent or texts[name] == nil or texts[name] == default then goto continue end
    local bare = default == nil and not argument.optional and not argument.named
    parts[#parts + 1] = bare and texts[name] or ("%s = %s"):format(name, texts[name])
    ::continue::
  end
  if #parts == 0 then return definition.kind end
  return ("%s { %s }"):format(definition.kind, table.concat(parts, ", "))
end

-- What a constructor was called with, as a table; LSTM(300) is told to use braces.
local function braced(definition, given, place)
  if given == nil then return {} end
  if type(given) == "table" and not getmetatable(given) then return given end
  messages.error(place, "arguments go in braces: `%s { %s }`", definition.kind,
    type(given) == "table" and "..." or messages.show(given))
  return { given }
end

-- Reads the arguments of a definition { kind, arguments, lacks }. Returns the values by name, their canonical text, the
-- text of each, and the place of each.
function arguments.read(definition, given, place)
  local found = sort(definition, braced(definition, given, place), place)
  local values, texts, places = {}, {}, {}
  for _, argument in ipairs(definition.arguments) do
    local name = argument[1]
    values[name], texts[name] = take(definition, argument, found[name], place)
    places[name] = found[name] and found[name].place or place
  end
  return values, write(definition, texts), texts, places
end

-- Whether nothing that must be given is missing, as it also is where what was given does not fit.
function arguments.complete(definition, values)
  for _, argument in ipairs(definition.arguments) do
    if values[argument[1]] == nil and argument[3] == nil and not argument.optional then return false end
  end
  return true
end

return arguments
