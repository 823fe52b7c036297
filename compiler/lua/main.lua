-- The library's first file. The files of this folder are compiled into lstmc and run in its fenced child; `import` runs
-- one of them, once, and gives what it returns. `lstmc` is the table of C functions (spec_bind.c, spec_ops.c); a spec
-- sees neither, only what environment.lua hands it.
--
-- To write a layer, read dense.lua, then dropout.lua (per time step) and simple_rnn.lua (over time). adam.lua is the
-- model for an optimizer, losses.lua for a loss. Your spec can hold the same lines: Layer, Cell, Optimizer and Loss are
-- there, and specs/peephole.lua, lion.lua and focal_loss.lua use them; tensor.lua has what there is to compute with.
local environment = import "environment"
local model = import "model"
local trace = import "trace"

trace(model.check(environment.run()))
