Layer { kind = "Half", takes = "rows", call = print, arguments = { { "context", "number" } } }
