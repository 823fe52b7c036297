Layer { kind = "Half", takes = "rows", call = print, arguments = { { "by", "number" }, { "by", "rate", 0 } } }
