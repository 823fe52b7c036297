-- Running the model on symbols: one pass over the layers for each program of the trainer (IR.md, "Meaning").
--
--   train    a batch, dropout on; ends with the optimizer       sample  one step of one text, states carried
--   grads    a batch, dropout off: loss, accuracy, gradients    window  T steps of one text from zero states
local layer = import "layer"
local losses = import "losses"
local messages = import "messages"
local optimizer = import "optimizer"
local sequence = import "sequence"
local tensor = import "tensor"
local ops = lstmc.ops

-- ---- inputs and outputs ---------------------------------------------------------------------------------------------

-- x, time-major: row t * batch + b. Its nodes belong to the first layer.
local function input(model, context)
  local windows, first = model.data, model.layers[1]
  lstmc.enter(first.scope, first.place, "forward", false)
  local scaled = windows.input == "scaled"
  local x = ops.input { name = "x", elem = scaled and "f" or "i", dims = { context.steps * context.batch, 1 } }
  if windows.input == "onehot" then x = lstmc.hot(x, #windows.text.symbols) end
  if windows.input == "index" then
    messages.error(windows.places.input, '%s takes numbers, and input = "index" gives indices, which are for an ' ..
      'Embedding; Keras has Embedding, lstmc does not: use input = "onehot"', first.definition.kind)
    lstmc.stop()
  end
  return sequence.cut(x, context.steps)
end

-- The prediction as a matrix, a row for each target: the layers' output must have a step per target and a column per
-- symbol.
local function prediction(model, y, context)
  local windows, last = model.data, model.layers[#model.layers]
  local symbols = #windows.text.symbols
  if windows.predict == "every" and not sequence.is(y) then
    messages.error(windows.places.predict, 'predict = "every" needs an output at every step, but %s gives %s',
      last.definition.kind, layer.shape(y))
    messages.note(context.flattened_by.place, "this %s returns only its last output; set return_sequences = true",
      context.flattened_by.definition.kind)
    return y
  end
  if windows.predict == "last" and sequence.is(y) then
    messages.error(last.place, 'predict = "last" needs one output, but %s gives %s: leave return_sequences out of ' ..
      'the last recurrent layer, or set predict = "every"', last.definition.kind, layer.shape(y))
  end
  local p = sequence.is(y) and y:stack() or y
  if p:size(-1) ~= symbols and windows.text.readable then
    messages.error(last.place, "the last layer gives %d number%s, but the text has %d symbols: end with " ..
      'Dense { #vocab, activation = "softmax" }', p:size(-1), p:size(-1) == 1 and "" or "s", symbols)
  end
  return p
end

-- ---- programs -------------------------------------------------------------------------------------------------------

local function forward(model, context)
  local x = input(model, context)
  for _, one in ipairs(model.layers) do
    x = layer.apply(one, x, context)
    one.output = layer.shape(x, "None, ")
  end
  return x
end

-- Loss and share of right answers of a batch. `weight` is 1/n for each of the n rows that count.
local function judge(model, context)
  local p = prediction(model, forward(model, context), context)
  lstmc.stop()
  lstmc.enter(model.loss_scope, model.compiled.places.loss, "forward", false)
  local rows = p:size(1)
  local y = lstmc.hot(ops.input { name = "y", elem = "i", dims = { rows, 1 } }, p:size(-1))
  local weight = ops.input { name = "weight", dims = { rows, 1 } }
  local each = model.compiled.loss.call(y, p)
  if not lstmc.is_tensor(each) or lstmc.rank(each) ~= 2 or each:size(1) ~= rows or each:size(2) ~= 1 then
    messages.fail(model.compiled.places.loss, "the loss %s must return a column of %d numbers, found %s",
      model.compiled.loss.name, rows, messages.show(each))
  end
  local loss = tensor.sum(each * weight, 0)
  local correct = tensor.sum(tensor.where(losses.hits(y, p), weight, 0), 0)
  return loss, correct
end

local function give(results)
  for _, name in ipairs { "loss", "correct", "p" } do
    if results[name] then ops.result(results[name], { name = name }) end
  end
end

-- Every weight, in the order of the layers.
local function weights_of(model)
  local list = {}
  for _, name in ipairs(model.weights) do list[#list + 1] = lstmc.find_tensor(name) end
  return list
end

local function batch_of(model, training)
  return { batch = model.fitted.batch_size, steps = model.data.length, training = training, carried = false }
end

local programs = {}

function programs.train(model)
  local loss, correct = judge(model, batch_of(model, true))
  give { loss = loss, correct = correct }
  local chosen = model.compiled.optimizer
  model.weights = lstmc.weights()
  lstmc.enter(model.optimizer_scope, chosen.place, "update", chosen.definition.users)
  for _, name in ipairs(optimizer.apply(chosen, loss, weights_of(model))) do
    lstmc.add_hyper(name, chosen.given[name])
  end
end

function programs.grads(model)
  local loss, correct = judge(model, batch_of(model, false))
  give { loss = loss, correct = correct }
  for _, w in ipairs(weights_of(model)) do ops.result(ops.grad(loss, w), { name = lstmc.name(w) }) end
end

-- Of an output at every step only the last one counts.
local function last_row(y)
  return sequence.is(y) and y[#y] or y
end

function programs.sample(model)
  give { p = last_row(forward(model, { batch = 1, steps = 1, training = false, carried = true })) }
end

function programs.window(model)
  give { p = last_row(forward(model, { batch = 1, steps = model.data.length, training = false, carried = false })) }
end

-- ---- the module -----------------------------------------------------------------------------------------------------

local function runs_stepwise(model)
  for _, one in ipairs(model.layers) do
    if not layer.runs_stepwise(one) then return false, one end
  end
  return true
end

-- `window` is what the tutorial does and the only way for a model that reads backwards; `stateful` is what a model that
-- predicts every step was trained for.
local function choose_mode(model)
  local stepwise, blocking = runs_stepwise(model)
  local sampled = model.sampled
  if sampled.mode == "stateful" and not stepwise then
    messages.error(sampled.places.mode, 'mode = "stateful" is not possible: the %s %s needs the whole window',
      blocking.definition.kind, blocking.name)
  end
  local mode = sampled.mode or (stepwise and model.data.predict == "every" and "stateful" or "window")
  lstmc.set("stateful", stepwise)
  lstmc.set("sample.window", mode == "window")
  return stepwise
end

local function set_all(prefix, values, names)
  for _, name in ipairs(messages.words(names)) do lstmc.set(prefix .. name, values[name]) end
end

local function describe(model)
  local windows, titles = model.data, {}
  for i, one in ipairs(model.layers) do titles[i] = one.title end
  set_all("", model, "name dtype")
  lstmc.set("title", table.concat(titles, " > "))
  if windows.text.readable then lstmc.use_corpus(windows.text.id) end
  set_all("data.", windows, "length stride input target predict samples")
  set_all("fit.", model.fitted, "epochs batch_size shuffle validation_split")
  set_all("sample.", model.sampled, "temperature top_k top_p")
  lstmc.set("sample.length", model.sampled.length or windows.length)
end

local function add_scopes(model)
  for _, one in ipairs(model.layers) do one.scope = lstmc.add_scope(one.name, one.text, one.place) end
  if not model.compiled then return end
  local loss, chosen = model.compiled.loss, model.compiled.optimizer
  model.loss_scope = lstmc.add_scope("loss", loss and loss.name or "", model.compiled.places.loss)
  model.optimizer_scope = lstmc.add_scope("optimizer", chosen.text, chosen.place)
  lstmc.set("optimizer", chosen.definition.kind)
  if loss then lstmc.set("loss", loss.name) end
end

-- The shapes alone, where a program could not be made for other errors.
local function look_only(model)
  local context = batch_of(model, true)
  lstmc.begin "train"
  prediction(model, forward(model, context), context)
  lstmc.stop()
end

return function(model)
  describe(model)
  add_scopes(model)
  local stepwise = choose_mode(model)
  if not model.compiled or not model.compiled.loss then look_only(model) end
  for _, name in ipairs { "train", "grads", "sample", "window" } do
    if name ~= "sample" or stepwise then
      lstmc.begin(name)
      programs[name](model)
    end
  end
  for _, one in ipairs(model.layers) do
    lstmc.add_layer(one.name, one.definition.kind, one.text, one.output, one.parameters)
  end
end
