local units
local x = units + 1
