-- What every optimizer is made from:
--
--   SGD = Optimizer {
--     kind = "SGD",
--     arguments = { { "learning_rate", "nonnegative", 0.01 }, ... },
--     begin = function(self, update) ... end,   -- once an update; `update` counts from 1
--     step = function(self, w, g) ... return w - self.learning_rate * g end,
--   }
--
-- `step` returns the new value of a weight w from its gradient g. self:state("m") is a tensor of w's shape that lasts
-- from update to update, zero at first; self:keep("m", value) is what it becomes. The optimizer's numbers are not
-- compiled in: self.learning_rate is an input of the trainer (a double), self.given.learning_rate the number in the
-- spec. Clipping and weight decay come with it. Order as in Keras: clip, decay, step
-- (keras/src/optimizers/base_optimizer.py).
local arguments = import "arguments"
local initializers = import "initializers"
local messages = import "messages"
local object = import "object"
local tensor = import "tensor"
local ops = lstmc.ops

local optimizer = { exports = {}, mark = object.mark "optimizer" }

local common = {
  { "weight_decay", "nonnegative", optional = true, named = true },
  { "clipnorm", "positive", optional = true, named = true },
  { "global_clipnorm", "positive", optional = true, named = true },
  { "clipvalue", "positive", optional = true, named = true },
  { "name", "name", optional = true, named = true, silent = true },
}
local common_lacks = [[
 use_ema ema_momentum ema_overwrite_frequency loss_scale_factor gradient_accumulation_steps jit_compile decay]]

-- ---- clipping -------------------------------------------------------------------------------------------------------

local function norm(g) return tensor.sqrt(tensor.sum(g * g)) end

-- By the name of the argument; each takes the list of gradients, the limit, and the weights.
local clips = {}

-- Each gradient alone: g c / max(|g|, c).
function clips.clipnorm(gradients, limit)
  for i, g in ipairs(gradients) do gradients[i] = g * (limit / tensor.max(norm(g), limit)) end
end

-- All by the length of the whole. Where that overflows, |g| - |g| makes the scale no number, which the check finds.
function clips.global_clipnorm(gradients, limit, weights)
  local squares
  for _, g in ipairs(gradients) do
    local square = tensor.sum(g * g)
    if lstmc.rank(g) ~= 2 then square = square:reshape(1, 1) end
    squares = squares and squares + square or square
  end
  local length = tensor.sqrt(squares)
  local scale = limit * tensor.min(1 / length, 1 / limit) + (length - length)
  ops.check(scale, { name = lstmc.name(weights[#weights]) })
  for i, g in ipairs(gradients) do gradients[i] = g * (lstmc.rank(g) == 1 and scale:reshape(1) or scale) end
end

function clips.clipvalue(gradients, limit)
  for i, g in ipairs(gradients) do gradients[i] = tensor.max(-limit, tensor.min(limit, g)) end
end

-- ---- what a step can ask for ----------------------------------------------------------------------------------------

local methods = object.methods("optimizer", "self")
local states = {} -- of the weight at hand, by name

-- What a weight or a state becomes; `expected` begins the sentence about what cannot be that.
local function assign(expected, tensor, value, place)
  if messages.show(value) ~= messages.show(tensor) then
    messages.fail(place, "%s, a %s, found %s", expected, messages.show(tensor), messages.show(value))
  end
  ops.assign(tensor, value)
end

local function new_state(w, name)
  local full = ("optimizer.%s.%s"):format(name, lstmc.name(w))
  local dims = {}
  for axis = 1, lstmc.rank(w) do dims[axis] = w:size(axis) end
  local zeros = initializers.columns(initializers.zeros, 0, dims[#dims], 0)
  return lstmc.new_tensor("state", { name = full, layer = "", dims = dims, inits = { zeros } })
end

function methods.state(self, name)
  arguments.need("name", name, "a state needs")
  if not self.weight then messages.fail(nil, "a state belongs to a weight: step can ask for it, begin cannot") end
  states[name] = states[name] or new_state(self.weight, name)
  return states[name]
end

function methods.keep(_, name, value)
  if not states[name] then
    messages.fail(nil, "keep: there is no state %s; self:state has made %s", messages.show(name),
      next(states) and table.concat(messages.names(states), " ") or "none")
  end
  assign("keep: expected the new " .. name, states[name], value)
end

-- The optimizer while it is traced: its numbers are inputs, made where they are first used.
local function running(given)
  local self, inputs = { given = given }, {}
  return setmetatable(self, {
    __name = "optimizer",
    __index = function(_, key)
      if methods[key] then return methods[key] end
      local value = given[key]
      if type(value) ~= "number" then return value end
      inputs[key] = inputs[key] or ops.input { name = key, elem = "d" }
      return inputs[key]
    end,
  }), inputs
end

-- ---- the update -----------------------------------------------------------------------------------------------------

-- Traces the end of the program `train`: gradients of the loss, clip, steps. Returns the optimizer's numbers in use.
function optimizer.apply(chosen, loss, weights)
  local self, inputs = running(chosen.given)
  local gradients = {}
  for i, w in ipairs(weights) do
    gradients[i] = ops.grad(loss, w)
    ops.check(gradients[i], { name = lstmc.name(w) }) -- before the clip, which could hide what is no number
  end
  for name, clip in next, clips do
    if chosen.given[name] then clip(gradients, self[name], weights) end
  end
  if chosen.definition.begin then chosen.definition.begin(self, ops.input { name = "update", elem = "d" }) end
  for i, w in ipairs(weights) do
    local from = w
    self.weight, states = w, {}
    if chosen.given.weight_decay then from = w - w * (self.weight_decay * self.learning_rate) end
    local expected = ("%s: step must return the new %s"):format(chosen.definition.kind, lstmc.name(w))
    assign(expected, w, chosen.definition.step(self, from, gradients[i]), chosen.place)
  end
  local names = {}
  for _, argument in ipairs(chosen.definition.arguments) do
    if inputs[argument[1]] then names[#names + 1] = argument[1] end
  end
  return names
end

-- ---- defining one ---------------------------------------------------------------------------------------------------

local function check_one_clip(values, places)
  local first
  for _, name in ipairs { "clipnorm", "global_clipnorm", "clipvalue" } do
    if values[name] and first then
      messages.error(places[name], "only one of clipnorm, global_clipnorm and clipvalue can be given, as in Keras")
      messages.note(places[first], "%s is given here", first)
      return
    end
    first = first or values[name] and name
  end
end

local needs = {
  { "kind", "name" }, { "step", "function" }, { "begin", "function", optional = true },
  { "arguments", "table", optional = true }, { "lacks", "string", optional = true },
}

local function has(name) return methods[name] or name == "given" or name == "weight" end

-- Makes a constructor.
function optimizer.define(definition)
  local place = lstmc.place "Optimizer"
  arguments.check_definition("Optimizer", definition, needs, place)
  local full = {
    kind = definition.kind, step = definition.step, begin = definition.begin, users = place > 0,
    lacks = (definition.lacks or "") .. common_lacks, arguments = arguments.joined(definition, common, has, place),
  }
  return function(given)
    local place = lstmc.place(full.kind)
    local values, text, _, places = arguments.read(full, given, place)
    check_one_clip(values, places)
    return setmetatable({ definition = full, given = values, text = text, place = place }, optimizer.mark)
  end
end

optimizer.exports.Optimizer = optimizer.define
return optimizer
