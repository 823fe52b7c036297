-- options: -D UNITS=5.5 -D BIAS=yes
local n = Parameter("UNITS", 3)
local b = Parameter("BIAS", true)
local s = Parameter("NAME", {})
