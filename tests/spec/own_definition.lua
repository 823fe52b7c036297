Layer { kind = "Half" }
