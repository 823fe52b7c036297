local cells = require "syntax_then"
