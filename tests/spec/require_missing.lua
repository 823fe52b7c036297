local cells = require "nothing_here"
