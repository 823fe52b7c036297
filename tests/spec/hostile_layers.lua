local model = Sequential {} while true do model:add(Dense { 1 }) end
