-- What constructors return: a table marked with its kind.
local messages = import "messages"

local function kind_of(value)
  local mark = getmetatable(value)
  return lstmc.is_tensor(value) and "tensor" or mark and mark.__name
end

-- A table for the methods of a kind of object, each of which then says what to write where it was called with a dot.
local function methods_of(kind, word)
  local function define(methods, name, method)
    rawset(methods, name, function(self, ...)
      if kind_of(self) ~= kind then
        messages.fail(lstmc.place(name), "methods are called with a colon: `%s:%s(`", word, name)
      end
      return method(self, ...)
    end)
  end
  return setmetatable({}, { __newindex = define })
end

-- The mark of a kind of object. With `methods`, a field that is not there is an error instead of nil; `foreign` lists
-- methods of Keras that lstmc lacks.
local function mark(kind, methods, foreign)
  if not methods then return { __name = kind } end
  local function missing(_, key)
    if methods[key] ~= nil then return methods[key] end
    local place = lstmc.place(tostring(key))
    if messages.contains(messages.words(foreign or ""), key) then
      messages.fail(place, "Keras has the method `%s`, lstmc does not", key)
    end
    messages.fail(place, "a %s has no field or method %s%s", kind, messages.show(key),
      messages.suggest(key, messages.names(methods)))
  end
  return { __name = kind, __index = missing }
end

-- Whether a value is an object of that mark.
local function is(value, wanted)
  return type(value) == "table" and getmetatable(value) == wanted
end

return { mark = mark, is = is, methods = methods_of }
