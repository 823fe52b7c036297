local s = ("a"):find(("a?"):rep(30) .. ("a"):rep(30))
