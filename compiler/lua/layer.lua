-- What every layer is made from:
--
--   Dense = Layer {
--     kind = "Dense",
--     arguments = { { "units", "size" }, ... },      -- see arguments.lua; in `call` they are self.units, ...
--     lacks = "kernel_regularizer ...",              -- options that Keras has and this one has not
--     takes = "rows",
--     call = function(self, x, context) ... end,
--   }
--
-- `takes` says what `call` gets of a sequence: "rows" all its steps as one tall matrix, "steps" one matrix after the
-- other (context.t is then the step, from 1), "sequence" the sequence itself (sequence.lua). A plain matrix goes to the
-- first two as it is. context, also self.context: batch, steps, training (dropout and the like are on), carried (one
-- step of a stateful run). `call` runs once for every program of the trainer and must make the same weights each time:
-- self:weight. self:chance gives random bits. tensor.lua has the functions and operators.
local arguments = import "arguments"
local initializers = import "initializers" -- adds the kinds of arguments that layers have
import "activations"
local messages = import "messages"
local object = import "object"
local sequence = import "sequence"
local tensor = import "tensor"
local ops = lstmc.ops

local methods = object.methods("layer", "self")
local mark = { __name = "layer", __index = methods }
local layer = { exports = {}, mark = mark }

-- Every weight and every mask has a stream of random numbers of its own.
local streams = 0
local function next_stream()
  streams = streams + 1
  return streams
end

-- ---- what a layer's call can ask for --------------------------------------------------------------------------------

local most_parts = 64 -- as many as the IR takes

-- The initialisers of a weight: one for all columns, or a list { initializer, columns }, ... from the left.
local function spread(name, initializer, dims)
  local list, columns = type(initializer) == "table" and not getmetatable(initializer) and initializer, 0
  if not list then list = { { initializer, dims[#dims] } } end
  local parts = {}
  for i, part in messages.items(list) do
    if type(part) ~= "table" or getmetatable(part) then part = { part } end
    parts[i] = { initializers.named(part[1]) }
    if not initializers.is(parts[i][1]) then
      messages.fail(nil, "the weight %s needs an initializer, found %s", name, messages.show(part[1]))
    end
    parts[i][2] = arguments.need("axis", part[2], ("the columns of initializer %d of %s must be"):format(i, name))
    columns = columns + parts[i][2]
  end
  if #parts > most_parts then messages.fail(nil, "the weight %s has more than %d initializers", name, most_parts) end
  if columns ~= dims[#dims] then
    messages.fail(nil, "the initializers of the weight %s are for %d columns, but it has %d", name, columns,
      dims[#dims])
  end
  return parts
end

local function draw(parts)
  local inits, start, stream = {}, 0, next_stream()
  for i, part in ipairs(parts) do
    local initializer, columns = part[1], part[2]
    inits[i] = initializers.columns(initializer, start, start + columns, stream)
    start = start + columns
  end
  return inits
end

local function check_sizes(name, dims)
  local sizes = arguments.shape(dims, "the weight " .. name)
  if #sizes == 0 then
    messages.fail(nil, "the weight %s needs its sizes in braces, found %s", name, messages.show(dims))
  end
  return sizes
end

-- What makes it another weight.
local function describe(sizes, parts)
  local words = {}
  for i, part in ipairs(parts) do words[i] = ("%s in %d columns"):format(part[1].text, part[2]) end
  return ("a weight of { %s }, %s"):format(table.concat(sizes, ", "), table.concat(words, ", "))
end

-- The tensor of a name, which is made when it is first asked for and is the same from then on.
local made = {} -- full name -> { kind, what, tensor }
local function once(self, name, kind, what, make)
  local full = self.name .. "." .. name
  if not made[full] then
    local dims, inits = make(full)
    made[full] = {
      kind = kind, what = what,
      tensor = lstmc.new_tensor(kind, { name = full, layer = self.name, dims = dims, inits = inits }),
    }
  end
  if made[full].what ~= what then
    messages.fail(nil, "the name %s is taken: it is %s, and cannot be %s", name, made[full].what, what)
  end
  return made[full].tensor
end

-- A weight of this layer, trained: self:weight("kernel", { rows, columns }, self.kernel_initializer). The initializer
-- may be a list of some and their columns, { { "zeros", u }, { "ones", u } }.
function methods.weight(self, name, dims, initializer)
  arguments.need("name", name, "a weight needs")
  local sizes = check_sizes(name, dims)
  local parts, count = spread(name, initializer, sizes), 1
  return once(self, name, "param", describe(sizes, parts), function(full)
    for _, part in ipairs(parts) do
      if #sizes == 1 and part[1].kind == "orthogonal" then
        messages.fail(self.place, "%s has one axis, and orthogonal needs a matrix", full)
      end
    end
    for _, size in ipairs(sizes) do count = count * size end
    self.parameters = self.parameters + count
    return sizes, draw(parts)
  end)
end

-- A state of a stateful run: what self:carry left at the step before, zeros at first.
function methods.carried(self, name, columns)
  arguments.need("name", name, "a state needs")
  columns = arguments.need("axis", columns, ("the columns of the state %s must be"):format(name))
  return once(self, name, "carried", ("a state of %d columns"):format(columns), function()
    return { 1, columns }, { initializers.columns(initializers.zeros, 0, columns, 0) }
  end)
end

function methods.carry(self, name, value)
  arguments.need("name", name, "a state needs")
  local state = made[self.name .. "." .. name]
  if not state or state.kind ~= "carried" then
    messages.fail(nil, "carry: %s; self:carried makes one",
      state and ("%s is %s, not a state"):format(name, state.what) or ("there is no state %q"):format(name))
  end
  ops.assign(state.tensor, value)
end

-- Random bits of the shape of x, each set with probability p; new ones at every update, and at every step. Only
-- training has an update's number to draw them from.
function methods.chance(self, x, p)
  tensor.check("chance", false, x)
  arguments.need("rate", p, "chance: the probability must be")
  if not self.context.training then
    messages.fail(lstmc.place "chance", "only training has random bits: where context.training is false, %s must do "
      .. "without chance", self.definition.kind)
  end
  self.chances = self.chances + 1
  self.streams[self.chances] = self.streams[self.chances] or next_stream()
  return ops.bernoulli {
    stream = self.streams[self.chances], t = (self.context.t or 1) - 1, p = p,
    elem = "b", dims = { x:size(1), x:size(2) },
  }
end

-- What follows belongs to step t, from 1; nil: to none.
function methods.at(self, t)
  t = t and arguments.need("axis", t, "at: the step must be")
  self.context.t, self.chances = t, 0
  lstmc.step(t and t - 1 or -1)
end

-- ---- applying it ----------------------------------------------------------------------------------------------------

-- How Keras prints a shape: (None, 50, 300).
function layer.shape(x, batch)
  if sequence.is(x) then return ("(%s%d, %d)"):format(batch or "", x.steps, x.features) end
  return ("(%s%d)"):format(batch or "", x:size(-1))
end

local function check_result(self, y, rows)
  if lstmc.is_tensor(y) and lstmc.rank(y) == 2 and y:size(1) == rows then return y end
  messages.fail(self.place, "%s: its call must return a tensor of %d rows, found %s", self.definition.kind, rows,
    messages.show(y))
end

-- By what a definition takes.
local appliers = {}

function appliers.rows(self, x, context)
  local call = self.definition.call
  if not sequence.is(x) then return check_result(self, call(self, x, context), x:size(1)) end
  local tall = x:stack()
  return sequence.cut(check_result(self, call(self, tall, context), tall:size(1)), x.steps)
end

function appliers.steps(self, x, context)
  if not sequence.is(x) then return appliers.rows(self, x, context) end
  local list = {}
  for t = 1, #x do
    self:at(t)
    list[t] = check_result(self, self.definition.call(self, x[t], context), x.batch)
  end
  return sequence.of(list)
end

function appliers.sequence(self, x, context)
  if not sequence.is(x) then
    messages.error(self.place, "%s needs a sequence (steps, features) but gets %s", self.definition.kind,
      layer.shape(x))
    if context.flattened_by then
      messages.note(context.flattened_by.place, "this %s returns only its last output; set return_sequences = true",
        context.flattened_by.definition.kind)
    end
    x = sequence.of { x } -- so that the layers behind it are looked at too
  end
  local y = self.definition.call(self, x, context)
  if not sequence.is(y) then check_result(self, y, x.batch) end
  return y
end

-- Enters the layer's scope and traces its call.
function layer.apply(self, x, context)
  lstmc.enter(self.scope, self.place, "forward", self.definition.users)
  self.context = context
  self:at(nil)
  local y = appliers[self.definition.takes](self, x, context)
  self:at(nil)
  if sequence.is(x) and not sequence.is(y) then context.flattened_by = self end
  return y
end

-- Whether it can run step by step with a carried state.
function layer.runs_stepwise(self)
  local definition = self.definition
  if definition.stepwise then return definition.stepwise(self) end
  return definition.takes ~= "sequence"
end

-- ---- defining one ---------------------------------------------------------------------------------------------------

local common = {
  { "name", "name", optional = true, named = true, silent = true },
  { "input_shape", "sizes", optional = true, named = true, silent = true },
}
local common_lacks = " trainable dtype activity_regularizer batch_input_shape batch_size input_dim input_length weights"

-- The name in the title: LSTM 300, Dense 43 softmax.
local function short(definition, texts)
  local words = { definition.kind }
  for _, argument in ipairs(definition.arguments) do
    local name, required = argument[1], argument[3] == nil and not argument.optional
    local told = argument.title and texts[name] ~= ("%q"):format(argument[3])
    if texts[name] and (required or told) then words[#words + 1] = string.gsub(texts[name], '"', "") end
  end
  return table.concat(words, " ")
end

arguments.words("takes", { "rows", "steps", "sequence" })
local needs = {
  { "kind", "name" }, { "takes", "takes" }, { "call", "function" }, { "arguments", "table", optional = true },
  { "lacks", "string", optional = true }, { "stepwise", "function", optional = true },
}

local fields = messages.words "definition place text title parameters streams chances context scope"
local function has(name) return methods[name] or messages.contains(fields, name) end

-- Makes a constructor; `place`: where the spec defines it, if the spec does.
function layer.define(definition, place)
  local full = {
    kind = definition.kind, takes = definition.takes, call = definition.call, stepwise = definition.stepwise,
    users = place and place > 0, lacks = (definition.lacks or "") .. common_lacks,
    arguments = arguments.joined(definition, common, has, place),
  }
  return function(given)
    local place = lstmc.place(full.kind)
    local self, text, texts = arguments.read(full, given, place)
    self.definition, self.place, self.text, self.title = full, place, text, short(full, texts)
    self.parameters, self.streams, self.chances = 0, {}, 0
    return setmetatable(self, mark)
  end
end

function layer.exports.Layer(definition)
  local place = lstmc.place "Layer"
  arguments.check_definition("Layer", definition, needs, place)
  return layer.define(definition, place)
end

return layer
