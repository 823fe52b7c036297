while true do Dropout { 2 } end
