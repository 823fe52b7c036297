if true the x = 1 end
