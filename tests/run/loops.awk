# Reads `objdump -d --no-show-raw-insn` of x86-64; prints of each innermost loop that multiplies and adds vectors:
# its function, its multiply-adds, and the vectors that it stores.
function end_function(   i, j, inner, sums, stores) {
  for (i = 1; i <= loops; i++) {
    inner = 1
    for (j = 1; j <= loops; j++)
      if (first[j] >= first[i] && last[j] < last[i] || first[j] > first[i] && last[j] <= last[i])
        inner = 0
    sums = stores = 0
    for (j = first[i]; j <= last[i] && inner; j++) {
      sums += text[j] ~ /fmadd|mulp[sd]|dpbf16/
      stores += text[j] ~ /mov[a-z0-9]* +%[xyz]mm[0-9]+,.*\(/
    }
    if (sums)
      print name, sums, stores
  }
  count = loops = 0
  split("", place)
}

/^[0-9a-f]+ <.*>:$/ {
  end_function()
  name = substr($2, 2, length($2) - 3)
}

/^ +[0-9a-f]+:/ {
  sub(":", "", $1)
  place[$1] = ++count
  text[count] = $0
  if ($2 ~ /^j/ && $3 in place) { # backwards
    first[++loops] = place[$3]
    last[loops] = count
  }
}

END { end_function() }
