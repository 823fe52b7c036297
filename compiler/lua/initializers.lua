-- Where weights begin. Keras's names, defaults and meanings; the values are drawn by the trainer, from its seed.
local arguments = import "arguments"
local messages = import "messages"
local object = import "object"

local initializers = { exports = {} }
local Initializer = object.mark "initializer"
local by_word = {} -- "glorot_uniform" -> the constructor

-- The initializer of that name, if it is a name.
function initializers.named(value)
  if type(value) == "string" and by_word[value] then return initializers[value] end
  return value
end

function initializers.is(value) return object.is(value, Initializer) end

-- How the IR says where the columns start to stop of a tensor begin; `stream` is their numbers'.
function initializers.columns(initializer, start, stop, stream)
  return { kind = initializer.kind, a = initializer.a, b = initializer.b, start = start, stop = stop, stream = stream }
end

-- word: Keras's string for it. of(values): how the IR says it, { kind, a, b }.
local function define(word, definition, of)
  definition.lacks = "seed"
  local function construct(given)
    local place = lstmc.place(definition.kind)
    local values, text = arguments.read(definition, given, place)
    if text == definition.kind then text = ("%q"):format(word) end
    local kind, a, b = of(values)
    return setmetatable({ kind = kind, a = a or 0, b = b or 0, text = text }, Initializer)
  end
  by_word[word] = construct
  initializers.exports[definition.kind] = construct
  initializers[word] = construct {}
end

define("zeros", { kind = "Zeros", arguments = {} }, function() return "zeros" end)
define("ones", { kind = "Ones", arguments = {} }, function() return "ones" end)
define("constant", { kind = "Constant", arguments = { { "value", "number", 0 } } },
  function(v) return "constant", v.value end)
define("random_uniform", {
  kind = "RandomUniform", arguments = { { "minval", "number", -0.05 }, { "maxval", "number", 0.05 } },
}, function(v) return "uniform", v.minval, v.maxval end)
define("random_normal", {
  kind = "RandomNormal", arguments = { { "mean", "number", 0 }, { "stddev", "nonnegative", 0.05 } },
}, function(v) return "normal", v.mean, v.stddev end)
define("glorot_uniform", { kind = "GlorotUniform", arguments = {} }, function() return "glorot_uniform" end)
define("orthogonal", { kind = "Orthogonal", arguments = { { "gain", "number", 1 } } },
  function(v) return "orthogonal", v.gain end)

local foreign = [[
  glorot_normal he_normal he_uniform lecun_normal lecun_uniform truncated_normal variance_scaling identity glorotnormal
]]

arguments.kind("initializer", [[an initializer such as "glorot_uniform"]], function(value, place)
  if object.is(value, Initializer) then return value, value.text end
  if type(value) ~= "string" then return nil end
  if by_word[value] then return initializers[value], initializers[value].text end
  messages.unknown(place, "initializer", value, messages.names(by_word), foreign, "")
  return initializers.zeros, messages.show(value)
end)

return initializers
