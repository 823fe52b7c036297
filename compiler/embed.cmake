# Writes the Lua files in FILES as C into OUT: cmake -DOUT=library.c "-DFILES=a.lua;b.lua" -P embed.cmake
# A file becomes an array of its lines, since C promises no string longer than 4095 characters.
list(SORT FILES)
set(arrays "")
set(rows "")
foreach(file ${FILES})
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} text)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\n" "\\n\",\n    \"" text "${text}")
  string(APPEND arrays "\nstatic const char *const ${name}_lines[] = {\n    \"${text}\",\n    0,\n};\n")
  string(APPEND rows "    { \"${name}\", ${name}_lines },\n")
endforeach()
file(WRITE ${OUT} "/* The library of compiler/lua, written by embed.cmake. */
#include \"spec.h\"
${arrays}
const struct library_file library_files[] = {
${rows}    { 0, 0 },
};
")
