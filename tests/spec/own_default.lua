local Own = Layer { kind = "Own", takes = "rows", call = print, arguments = { { "by", "initializer", "one" } } }
