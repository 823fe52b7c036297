local cells = require "../spec/own_cells"
