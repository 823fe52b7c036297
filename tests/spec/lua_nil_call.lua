local t = {}
t.train()
