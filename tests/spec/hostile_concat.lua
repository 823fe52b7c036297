local t = {} for i = 1, 1000000 do t[i] = ("x"):rep(100) end table.concat(t)
