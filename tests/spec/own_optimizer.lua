local Own = Optimizer { kind = "Own", arguments = { "rate" }, stp = function(self, w, g) return w - g end }
