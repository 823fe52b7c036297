Optimizer { kind = "Own", step = print, arguments = { { "clipnorm", "positive", 1 } } }
