Layer { kind = "Half", takes = "rows", call = print, arguments = { { "by", "numbre" } } }
