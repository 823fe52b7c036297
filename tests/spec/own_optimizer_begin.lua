local Own = Optimizer { kind = "Own", arguments = {}, begin = 3, step = print }
