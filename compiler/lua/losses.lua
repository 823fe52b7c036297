-- What training makes small. A loss is
--
--   Loss { name = "my_loss", call = function(y, p) ... end }
--
-- y: the right answers as one-hot rows (n, symbols), which are only made where arithmetic needs them; pick(x, y) does
-- not. p: the model's outputs, a matrix (n, symbols). The result is a column (n, 1), a loss for each row; its mean is
-- Keras's. Sources: keras/src/losses/losses.py, and KERAS.md on the clip.
local activations = import "activations"
local arguments = import "arguments"
local messages = import "messages"
local object = import "object"
local tensor = import "tensor"
local log, max, min, pick, sum = tensor.log, tensor.max, tensor.min, tensor.pick, tensor.sum

local losses = { exports = {} }
local by_name = {}
local mark = object.mark "Loss"
losses.definition = {
  kind = "Loss",
  arguments = {
    { "name", "name", named = true },
    { "call", "function", named = true },
    { "target", "target", optional = true, named = true }, -- if it is for one kind of target alone
  },
}

arguments.words("target", { "onehot", "index" })

function losses.define(given)
  return setmetatable(arguments.read(losses.definition, given, lstmc.place "Loss"), mark)
end

local function add(given)
  by_name[given.name] = losses.define(given)
end

-- -ln p of the right symbol. Behind a softmax this is ln(sum e^x) - x[y], with no quotient that could round to 0 and a
-- slope of p - y; of other numbers it is Keras's: made to sum to 1, then kept inside [1e-7, 1 - 1e-7].
local function crossentropy(y, p)
  local softmax = activations.softmax_of(p)
  if softmax then return log(softmax.total) + softmax.largest - pick(softmax.logits, y) end
  local share = pick(p / sum(p, -1), y)
  return -log(max(1e-7, min(1 - 1e-7, share)))
end

add { name = "categorical_crossentropy", target = "onehot", call = crossentropy }
add { name = "sparse_categorical_crossentropy", target = "index", call = crossentropy }
add {
  name = "mean_squared_error",
  call = function(y, p)
    local d = p - y
    return tensor.mean(d * d, -1)
  end,
}
by_name.mse = by_name.mean_squared_error

-- 1 where the largest output is the right one, else 0, as bits.
function losses.hits(y, p)
  local softmax = activations.softmax_of(p)
  return tensor.eq(tensor.argmax(softmax and softmax.logits or p), lstmc.index(y))
end

local foreign = [[
  binary_crossentropy mean_absolute_error mae mean_absolute_percentage_error mean_squared_logarithmic_error huber
  log_cosh kl_divergence kullback_leibler_divergence poisson hinge squared_hinge categorical_hinge cosine_similarity ctc
  categorical_focal_crossentropy categoricalcrossentropy
]]

arguments.kind("loss", [[a loss such as "categorical_crossentropy"]], function(value, place)
  if object.is(value, mark) then return value, value.name end
  if type(value) == "function" then return losses.define { name = "custom", call = value }, "custom" end
  if type(value) ~= "string" then return nil end
  if by_name[value] then return by_name[value], value end
  messages.unknown(place, "loss", value, messages.names(by_name), foreign, " and, without quotes, a Loss of your own")
  return by_name.mse, value
end)

losses.exports.Loss = losses.define
return losses
