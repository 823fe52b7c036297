error("a\0b\nc\27[31m")
