local t
local x = t.units
