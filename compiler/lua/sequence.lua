-- A value at every time step, in two forms: a list of matrices (batch, features), which recurrent layers walk, and one
-- tall matrix (steps * batch, features), time-major, which everything else takes in one go. Either is made from the
-- other when first asked for; slices cost nothing, and a stack is a demand that its parts be computed in place.
local messages = import "messages"
local object = import "object"
local tensor = import "tensor"

local methods = object.methods("sequence", "xs")
local Sequence = { __name = "sequence" }

-- xs[t], from 1
function Sequence.__index(self, key)
  if math.type(key) ~= "integer" then return methods[key] end
  if key < 1 or key > self.steps then
    lstmc.fail(nil, ("a sequence of %d steps has no step %d"):format(self.steps, key))
  end
  local list = self.list
  if not list[key] then
    list[key] = self.steps == 1 and self.tall or self.tall:rows((key - 1) * self.batch + 1, key * self.batch)
  end
  return list[key]
end

-- #xs
function Sequence.__len(self) return self.steps end

-- All steps, one below the other.
function methods.stack(self)
  self.tall = self.tall or (self.steps == 1 and self.list[1] or tensor.concat(self.list, 0))
  return self.tall
end

local sequence = { exports = {} }

-- From a list of matrices, one a step.
function sequence.of(list)
  return setmetatable({ list = list, steps = #list, batch = list[1]:size(1), features = list[1]:size(-1) }, Sequence)
end

-- From one tall matrix.
function sequence.cut(tall, steps)
  local batch = tall:size(1) // steps
  return setmetatable({ list = {}, tall = tall, steps = steps, batch = batch, features = tall:size(-1) }, Sequence)
end

-- In a spec: what a layer that takes a sequence returns one with.
function sequence.exports.Sequence(list)
  for t, x in messages.items(list) do
    if not lstmc.is_tensor(x) or lstmc.rank(x) ~= 2 or x:size(1) ~= list[1]:size(1) or x:size(2) ~= list[1]:size(2) then
      lstmc.fail(nil, ("Sequence: item %d must be a matrix like the first"):format(t))
    end
  end
  if type(list) ~= "table" or #list == 0 then lstmc.fail(nil, "Sequence needs a list of matrices, one a step") end
  return sequence.of(list)
end

function sequence.is(x) return type(x) == "table" and getmetatable(x) == Sequence end

return sequence
