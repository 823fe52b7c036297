while true do print(("x"):rep(70000)) end
