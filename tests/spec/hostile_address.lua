local seed = ("%p"):format({})
