local function check(n) if n > 2 then error("at most two, please") end end
check(3)
