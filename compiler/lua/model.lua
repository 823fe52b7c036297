-- The model as a whole, declared at once or built call by call:
--
--   Model { name = ..., data = Windows { ... }, layers = { ... }, compile = Compile { ... }, fit = Fit { ... } }
--   model = Sequential { ... }; model:add(...); model:compile { ... }; model:fit(data, { ... }); return model
--
-- Both make the same object; nothing is trained or traced before the spec has returned it.
local adam = import "adam"
local arguments = import "arguments"
local data = import "data"
local layer = import "layer"
local losses = import "losses" -- adds the kind "loss"
local messages = import "messages"
local object = import "object"
local optimizer = import "optimizer"
local sgd = import "sgd"

local model = { exports = {} }

-- ---- Compile, Fit, Sample -------------------------------------------------------------------------------------------

local optimizers = { adam = adam.Adam, sgd = sgd.SGD }
local foreign_optimizers = "rmsprop adagrad adadelta adamax nadam adamw ftrl lion adafactor lamb muon"

arguments.kind("optimizer", [[an optimizer such as "adam" or Adam { ... }]], function(value, place)
  if object.is(value, optimizer.mark) then return value, value.text end
  if type(value) ~= "string" then return nil end
  local word = value:lower()
  if optimizers[word] then
    local chosen = optimizers[word] {}
    chosen.place = place
    return chosen, chosen.text
  end
  messages.unknown(place, "optimizer", value, messages.names(optimizers), foreign_optimizers,
    " and, without quotes, an Optimizer of your own: specs/lion.lua")
  return adam.Adam {}
end)

local metrics = messages.words "accuracy acc categorical_accuracy sparse_categorical_accuracy"

-- Accuracy is always counted, so the list says nothing that the trainer must know.
arguments.kind("metrics", [[a list such as { "accuracy" }]], function(value, place)
  if type(value) == "string" then value = { value } end
  if type(value) ~= "table" then return nil end
  for _, name in messages.items(value) do
    if not messages.contains(metrics, name) then
      messages.error(place, "there is no metric %s; lstmc knows \"accuracy\"", messages.show(name))
    end
  end
  return value
end)

-- A constructor of a plain record; the record keeps its place.
local function record(definition)
  local mark = object.mark(definition.kind)
  arguments.kind(definition.kind, ("a %s { ... }"):format(definition.kind), function(value, place)
    if object.is(value, mark) then return value end
    if type(value) == "table" and not getmetatable(value) then return definition.read(value, place) end
  end)
  function definition.read(given, place)
    local self, _, _, places = arguments.read(definition, given, place)
    self.place, self.places = place, places
    return setmetatable(self, mark)
  end
  model.exports[definition.kind] = function(given) return definition.read(given, lstmc.place(definition.kind)) end
  return definition
end

local compile = record {
  kind = "Compile",
  arguments = {
    { "loss", "loss", named = true },
    { "optimizer", "optimizer", "adam", named = true },
    { "metrics", "metrics", {}, named = true },
  },
  lacks = "loss_weights weighted_metrics run_eagerly steps_per_execution jit_compile auto_scale_loss",
}

local fit = record {
  kind = "Fit",
  arguments = {
    { "epochs", "extent", 1, named = true },
    { "batch_size", "extent", 32, named = true },
    { "shuffle", "boolean", true, named = true },
    { "validation_split", "decay", 0, named = true },
  },
  lacks = [[
    x y verbose callbacks validation_data class_weight sample_weight initial_epoch steps_per_epoch validation_steps
    validation_batch_size validation_freq max_queue_size workers use_multiprocessing
  ]],
}

arguments.words("mode", { "stateful", "window" })

local sample = record {
  kind = "Sample",
  arguments = {
    { "length", "size", optional = true, named = true },
    { "temperature", "nonnegative", 0, named = true },
    { "mode", "mode", optional = true, named = true },
    { "top_k", "count", 0, named = true },
    { "top_p", "rate", 1, named = true },
  },
}

-- ---- Model and Sequential -------------------------------------------------------------------------------------------

local most_layers = 1000
local methods = object.methods("model", "model")
local mark = object.mark("model", methods, "summary predict evaluate save load_weights save_weights pop get_layer")

arguments.kind("windows", "a Windows { ... }", function(value)
  return object.is(value, data.windows_mark) and value or nil
end)
arguments.words("dtype", { "float32", "float64", "mixed_bfloat16" })

local fields = {
  { "name", "name", optional = true, named = true },
  { "dtype", "dtype", "float32", named = true },
  { "data", "windows", optional = true, named = true },
  { "layers", "table", {}, named = true },
  { "compile", "Compile", optional = true, named = true },
  { "fit", "Fit", optional = true, named = true },
  { "sample", "Sample", optional = true, named = true },
}
local definitions = {
  Model = { kind = "Model", arguments = fields, lacks = "inputs outputs" },
  Sequential = { kind = "Sequential", arguments = fields, lacks = "trainable" },
}

local function add_layer(self, given, place)
  if object.is(given, layer.mark) then
    if messages.contains(self.layers, given) then
      messages.error(given.place, "this %s stands in the model twice; lstmc cannot share the weights of a layer",
        given.definition.kind)
    else
      self.layers[#self.layers + 1] = given
    end
  elseif given == nil then
    messages.error(place, "expected a layer, found nil: a function that makes one must return it")
  elseif type(given) == "function" then
    messages.error(place, "expected a layer, found a function: give it its arguments in braces, as in `Dense { 10 }`")
  else
    messages.error(place, "expected a layer, found %s", messages.show(given))
  end
end

local function construct(definition, given, place)
  local values, _, _, places = arguments.read(definition, given, place)
  local self = {
    place = place, places = places, name = values.name or false, dtype = values.dtype, data = values.data or false,
    layers = {}, compiled = values.compile or false, fitted = values.fit or false, sampled = values.sample or false,
  }
  for i, item in messages.items(values.layers) do add_layer(self, item, lstmc.item(places.layers, i)) end
  return setmetatable(self, mark)
end

for kind, definition in next, definitions do
  model.exports[kind] = function(given) return construct(definition, given, lstmc.place(kind)) end
end

function methods.add(self, given)
  add_layer(self, given, lstmc.place "add")
end

function methods.compile(self, given)
  self.compiled = compile.read(given, lstmc.place "compile")
end

-- Only records: the trainer fits.
function methods.fit(self, windows, given)
  local place = lstmc.place "fit"
  if not object.is(windows, data.windows_mark) then
    messages.error(place, "fit: expected a Windows { ... } first, found %s", messages.show(windows))
  else
    self.data = windows
  end
  self.fitted = fit.read(given, place)
end

function methods.sample(self, given)
  self.sampled = sample.read(given, lstmc.place "sample")
end

-- ---- when the spec has returned it ----------------------------------------------------------------------------------

-- As Keras names a layer without a name: LSTM is lstm, the next one lstm_1, SimpleRNN simple_rnn.
local function snake_case(kind)
  local name = string.gsub(kind, "(.)(%u%l+)", "%1_%2")
  return string.lower((string.gsub(name, "(%l)(%u)", "%1_%2")))
end

local function name_layers(layers)
  local taken, counts = {}, {}
  for _, one in ipairs(layers) do
    if one.name and taken[one.name] then
      messages.error(one.place, "another layer is named %q too", one.name)
      one.name = nil
    elseif one.name then
      taken[one.name] = true
    end
  end
  for _, one in ipairs(layers) do
    local base = snake_case(one.definition.kind)
    while not one.name do
      local n = counts[base] or 0
      local name = n == 0 and base or ("%s_%d"):format(base, n)
      counts[base] = n + 1
      if not taken[name] then one.name, taken[name] = name, true end
    end
  end
end

-- Keras's shape of one sample: (steps, features).
local function check_input_shape(self)
  local first, windows = self.layers[1], self.data
  for i, one in ipairs(self.layers) do
    if one.input_shape and i > 1 then messages.error(one.place, "input_shape belongs to the first layer alone") end
  end
  if not first.input_shape or not windows.text.readable then return end
  local features = windows.input == "onehot" and #windows.text.symbols or 1
  local steps, width = first.input_shape[1], first.input_shape[2]
  if #first.input_shape ~= 2 or steps ~= windows.length or width ~= features then
    messages.error(lstmc.field(first.place, "input_shape"), "input_shape is (%s), but the data is (%d, %d), " ..
      "steps and features", table.concat(first.input_shape, ", "), windows.length, features)
  end
end

local function check_loss(self)
  local loss, target = self.compiled.loss, self.data.target
  if loss and loss.target and loss.target ~= target then
    messages.error(self.compiled.places.loss, "%s needs target = %q, but the data has target = %q", loss.name,
      loss.target, target)
    messages.note(self.data.places.target, "with this target: %s", target == "onehot" and "categorical_crossentropy" or
      "sparse_categorical_crossentropy")
  end
end

-- Layers, a loss and an optimizer that lack what they need were complained of, and their equations would stumble over
-- it.
local function can_be_traced(self)
  local complete = true
  local function look_at(definition, values) complete = complete and arguments.complete(definition, values) end
  for _, one in ipairs(self.layers) do look_at(one.definition, one) end
  if self.compiled then
    local loss, chosen = self.compiled.loss, self.compiled.optimizer
    if loss then look_at(losses.definition, loss) end
    look_at(chosen.definition, chosen.given)
  end
  return complete
end

local function default_name()
  local name = lstmc.spec_name()
  return lstmc.is_name(name) and name or "model"
end

-- Whether what the spec returned is a model that can be traced; fills in what was left to its defaults.
function model.check(self)
  if not object.is(self, mark) then
    messages.fail(0, "a spec ends with `return Model { ... }`, this one returns %s", messages.show(self))
  end
  self.name = arguments.need("name", self.name or default_name(), "the model's name must be", self.place)
  self.fitted = self.fitted or fit.read({}, self.place)
  self.sampled = self.sampled or sample.read({}, self.place)
  if not self.compiled then
    messages.error(self.place, "the model needs compile = Compile { loss = ..., optimizer = ... }")
  end
  if #self.layers == 0 then messages.error(self.places.layers, "the model has no layers") end
  if #self.layers > most_layers then messages.fail(self.place, "the model has more than %d layers", most_layers) end
  if not self.data then
    messages.error(self.place, "the model needs data = Windows { ... }")
  elseif self.data.text and self.data.length and #self.layers > 0 then
    name_layers(self.layers)
    check_input_shape(self)
    if self.compiled then check_loss(self) end
    lstmc.check_defines()
    if not can_be_traced(self) then lstmc.stop() end
    return self
  end
  lstmc.check_defines()
  lstmc.stop()
end

return model
