-- A layer that walks over time, from the equations of one step:
--
--   SimpleRNN = Cell {
--     kind = "SimpleRNN",
--     arguments = { { "units", "size" }, ... },
--     states = { "h" },                                  -- each (batch, units), zero before the first step
--     weights = function(self, features) ... end,        -- self.kernel = self:weight(...)
--     step = function(self, x, h) ... return h end,      -- returns the new states; the first is the output
--   }
--
-- The loop over time is an ordinary `for`, so what it traces is unrolled. return_sequences and go_backwards come with
-- it.
local arguments = import "arguments"
local layer = import "layer"
local messages = import "messages"
local sequence = import "sequence"
local tensor = import "tensor"

-- The states before the first step.
local function start(self, cell, batch, context)
  local states = {}
  for i, name in ipairs(cell.states) do
    states[i] = context.carried and self:carried(name, self.units) or tensor.full(batch, self.units, 0)
  end
  return states
end

local function check_states(self, cell, states, rows)
  for i, name in ipairs(cell.states) do
    local state = states[i]
    if not lstmc.is_tensor(state) or lstmc.rank(state) ~= 2 or state:size(1) ~= rows or state:size(2) ~= self.units then
      messages.fail(self.place, "%s: step must return its states %s, each of (%d, %d); %s is %s", cell.kind,
        table.concat(cell.states, ", "), rows, self.units, name, messages.show(state))
    end
  end
  return states
end

local function walk(self, cell, xs, context)
  cell.weights(self, xs.features)
  local states, outputs = start(self, cell, xs.batch, context), {}
  for i = 1, #xs do
    local t = self.go_backwards and #xs + 1 - i or i
    self:at(t)
    states = check_states(self, cell, { cell.step(self, xs[t], table.unpack(states)) }, xs.batch)
    outputs[i] = states[1] -- as they come: Keras leaves a backward sequence backward
  end
  if context.carried then
    for i, name in ipairs(cell.states) do self:carry(name, states[i]) end
  end
  if self.return_sequences then return sequence.of(outputs) end
  return outputs[#xs]
end

local needs = {
  { "kind", "name" }, { "arguments", "table" }, { "states", "names" }, { "weights", "function" },
  { "step", "function" }, { "lacks", "string", optional = true },
}

-- Keras's options of recurrent layers that no cell has.
local lacks = [[
 dropout recurrent_dropout return_state stateful unroll implementation time_major zero_output_for_mask use_cudnn seed
 reset_after kernel_regularizer recurrent_regularizer bias_regularizer kernel_constraint recurrent_constraint
 bias_constraint]]

local function define(cell)
  local place = lstmc.place "Cell"
  arguments.check_definition("Cell", cell, needs, place)
  local taken = {}
  for _, state in ipairs(cell.states) do
    if taken[state] then messages.fail(place, "Cell %s: two states are named %s", cell.kind, state) end
    taken[state] = true
  end
  local list, sized = { table.unpack(cell.arguments) }, false
  for _, argument in ipairs(list) do sized = sized or argument[1] == "units" end
  if not sized then messages.fail(place, 'Cell needs the argument { "units", "size" }: its states are that wide') end
  list[#list + 1] = { "return_sequences", "boolean", false, named = true }
  list[#list + 1] = { "go_backwards", "boolean", false, named = true }
  return layer.define({
    kind = cell.kind,
    arguments = list,
    lacks = (cell.lacks or "") .. lacks,
    takes = "sequence",
    stepwise = function(self) return not self.go_backwards end,
    call = function(self, xs, context) return walk(self, cell, xs, context) end,
  }, place)
end

return { define = define, exports = { Cell = define } }
