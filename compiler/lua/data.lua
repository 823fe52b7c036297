-- Where the samples come from: a text, and windows on it. The text itself stays in C; here are its counts and its
-- symbols.
local arguments = import "arguments"
local messages = import "messages"
local object = import "object"

local data = { exports = {} }

-- ---- Text { "macbeth.txt", lowercase = true } -----------------------------------------------------------------------

local methods = object.methods("Text", "text")

-- The sorted distinct characters, as strings.
function methods.chars(self) return { table.unpack(self.symbols) } end

data.text_mark = object.mark("Text", methods)
data.text_mark.__len = function(self) return self.characters end

local text_definition = {
  kind = "Text",
  arguments = { { "path", "string" }, { "lowercase", "boolean", false, named = true } },
  lacks = "encoding",
}

-- A text that cannot be read is an error; two letters stand in for it, so that the rest of the spec is looked at too.
-- They do for an empty one as well, which the windows find too short.
function data.exports.Text(given)
  local place = lstmc.place "Text"
  local values, text, _, places = arguments.read(text_definition, given, place)
  local self = { place = place, text = text, id = false, readable = false, characters = 0, symbols = { "a", "b" } }
  if values.path then
    local id, characters, symbols, called = lstmc.corpus(values.path, values.lowercase)
    if id then
      self.id, self.characters, self.readable, self.called = id, characters, characters > 0, called
      if self.readable then self.symbols = symbols end
    else
      messages.error(places.path, "%s", characters) -- in place of a count: why not
    end
  end
  return setmetatable(self, data.text_mark)
end

-- ---- Windows { text, length = 50 } ----------------------------------------------------------------------------------

data.windows_mark = object.mark "Windows"
arguments.kind("text", "a Text", function(value) return object.is(value, data.text_mark) and value or nil end)
arguments.words("input", { "scaled", "onehot", "index" })
arguments.words("predict", { "last", "every" })

local windows_definition = {
  kind = "Windows",
  arguments = {
    { "text", "text" },
    { "length", "extent", named = true },
    { "stride", "size", 1, named = true },
    { "input", "input", "onehot", named = true },
    { "target", "target", "onehot", named = true },
    { "predict", "predict", "last", named = true },
  },
  lacks = "sequence_length sequence_stride sampling_rate batch_size shuffle seed",
}

-- A window is `length` characters and the one behind it.
local function count_samples(text, length, stride)
  return text.characters > length and (text.characters - length - 1) // stride + 1 or 0
end

function data.exports.Windows(given)
  local place = lstmc.place "Windows"
  local self, _, _, places = arguments.read(windows_definition, given, place)
  self.place, self.places, self.samples = place, places, 0
  if self.text and self.text.id and self.length then
    self.samples = count_samples(self.text, self.length, self.stride)
    if self.samples == 0 then
      messages.error(places.length, "%s is too short: it has %d characters, and a window of %d with the character " ..
        "behind it needs %d", self.text.called, self.text.characters, self.length, self.length + 1)
    end
  end
  return setmetatable(self, data.windows_mark)
end

return data
