local s = ("%99.99f"):rep(100):format()
