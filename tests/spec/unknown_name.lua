local text = Txet { "abc.txt" }
