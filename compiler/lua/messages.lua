-- Saying what is wrong. A place is where in the spec: lstmc.place(word) for a call, then field and item inside its
-- braces.
local messages = {}

-- An error; the spec goes on, so that one run finds several.
function messages.error(place, format, ...)
  lstmc.report("error", place, format:format(...))
end

-- More about the error before it, at another place.
function messages.note(place, format, ...)
  lstmc.report("note", place, format:format(...))
end

-- An error after which nothing sensible can follow.
function messages.fail(place, format, ...)
  lstmc.fail(place, format:format(...))
end

-- A number as it was probably written: the fewest digits that read back.
function messages.number(x)
  for digits = 14, 17 do
    local text = ("%." .. digits .. "g"):format(x)
    if tonumber(text) == x then return text end
  end
  return tostring(x) -- inf, nan
end

-- A value in a sentence.
function messages.show(value)
  if type(value) == "number" then return messages.number(value) end
  if type(value) == "string" then return #value <= 40 and ("%q"):format(value) or "a string" end
  if type(value) == "nil" or type(value) == "boolean" then return tostring(value) end
  if lstmc.is_tensor(value) then return tostring(value) end
  local mark = getmetatable(value)
  return mark and mark.__name and "a " .. mark.__name or "a " .. type(value)
end

-- `; did you mean ...?` if one of the words is near.
function messages.suggest(word, words)
  local near = type(word) == "string" and lstmc.closest(word, words)
  return near and ("; did you mean `%s`?"):format(near) or ""
end

-- The words of a string, as a list.
function messages.words(text)
  local list = {}
  for word in string.gmatch(text, "%S+") do list[#list + 1] = word end
  return list
end

-- The names in a table, sorted.
function messages.names(list)
  local names = {}
  for name in next, list do names[#names + 1] = name end
  table.sort(names)
  return names
end

-- As ipairs, but a nil does not end it: what stands behind one counts, too. What is no list has no items.
function messages.items(list)
  if type(list) ~= "table" then return next, {} end
  local last = #list
  for key in next, list do
    if math.type(key) == "integer" and key > last then last = key end
  end
  return function(_, i)
    if i < last then return i + 1, list[i + 1] end
  end, nil, 0
end

function messages.contains(list, wanted)
  for _, item in ipairs(list) do
    if item == wanted then return true end
  end
  return false
end

-- A word for an activation, a loss, ... that is none of `names`. `foreign` are the ones that only Keras has, in small
-- letters; `own` says how a spec makes another.
function messages.unknown(place, what, word, names, foreign, own)
  local instead = ("; there are %s%s"):format(table.concat(names, " "), own)
  if messages.contains(messages.words(foreign), word:lower()) then
    messages.error(place, "Keras has the %s %q, lstmc does not%s", what, word, instead)
  else
    local near = messages.suggest(word, names)
    messages.error(place, "there is no %s %q%s", what, word, near ~= "" and near or instead)
  end
end

-- Lua's own errors, by what they begin with.
local rewordings = {
  { "^attempt to call a nil value %(method '(.-)'%)", "there is no method `%1` here" },
  { "^attempt to call a nil value %(field '(.-)'%)", "there is no function `%1` here" },
  { "^attempt to call a (%w+) value %(%w+ '(.-)'%)", "`%2` is a %1, not a function" },
  { "^attempt to index a nil value %(%w+ '(.-)'%)", "`%1` has no value (nil), so it has no fields" },
  { "^attempt to .- a nil value %(%w+ '(.-)'%)", "`%1` has no value (nil)" },
  { "^attempt to compare two tensor values", "tensors are compared with lt(x, y), le(x, y) and eq(x, y)" },
  { "^attempt to compare .*tensor", "tensors are compared with lt(x, y), le(x, y) and eq(x, y)" },
  { "^stack overflow.*", "a function calls itself without end (stack overflow)" },
  { "^C stack overflow.*", "this is nested too deeply (C stack overflow)" },
  { "^(%w+%.lua:%d+: .*)", "internal error of the library: %1" },
}

lstmc.on_error(function(message)
  for _, rewording in ipairs(rewordings) do
    local better, found = string.gsub(message, rewording[1], rewording[2])
    if found > 0 then return better end
  end
  return message
end)

return messages
