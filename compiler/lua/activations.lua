-- Functions from a tensor to one of the same shape. A spec may also give its own: activation = function(x) ... end.
local arguments = import "arguments"
local messages = import "messages"
local tensor = import "tensor"
local exp, max, min, sum = tensor.exp, tensor.max, tensor.min, tensor.sum

local activations = { tanh = tensor.tanh, sigmoid = tensor.sigmoid, relu = tensor.relu }

function activations.linear(x) return x end

-- Keras 3: relu6(x + 3) / 6.
function activations.hard_sigmoid(x) return max(0, min(6, x + 3)) / 6 end

-- Keras up to 2, and the tutorial: clip(0.2 x + 0.5, 0, 1).
function activations.hard_sigmoid_keras2(x) return max(0, min(1, 0.2 * x + 0.5)) end

-- What a softmax was made of, by its result: a loss that knows it need not take the logarithm of a rounded quotient.
local softmaxes = setmetatable({}, { __mode = "k" })

-- Each row e^x / sum(e^x); shifted by the row's largest, so that nothing overflows.
function activations.softmax(x)
  local largest = tensor.stop(tensor.reduce_max(x, -1))
  local powers = exp(x - largest)
  local total = sum(powers, -1)
  local p = powers / total
  softmaxes[p] = { logits = x, largest = largest, total = total }
  return p
end

-- { logits, largest, total } if p is a softmax, else nil.
function activations.softmax_of(p) return softmaxes[p] end

local words = { "linear", "tanh", "sigmoid", "relu", "softmax", "hard_sigmoid", "hard_sigmoid_keras2" }
local foreign = [[
  elu selu gelu silu swish mish exponential softplus softsign leaky_relu relu6 log_softmax celu glu hard_silu hard_tanh
]]

arguments.kind("activation", [[an activation such as "tanh", or a function]], function(value, place)
  if type(value) == "function" then return value, "function" end
  if type(value) ~= "string" then return nil end
  if messages.contains(words, value) then return activations[value], ("%q"):format(value) end
  messages.unknown(place, "activation", value, words, foreign, " and functions of your own")
  return activations.linear, messages.show(value)
end)

return activations
