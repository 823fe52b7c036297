# lstmc_add_trainer(NAME SPEC spec.lua [OUTPUT_DIR dir] [DEFINE NAME=VALUE ...] [OPTIONS ...])
#
# Adds the executable NAME: the trainer of the model that spec.lua describes. The sources are emitted again when the spec,
# a Lua file that it requires, or its corpus changes; a file is rewritten only when its bytes change, so that a comment
# edited in the spec compiles nothing.
function(lstmc_add_trainer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "SPEC;OUTPUT_DIR" "DEFINE;OPTIONS")
  if(NOT arg_SPEC)
    message(FATAL_ERROR "lstmc_add_trainer(${name}): SPEC is missing")
  endif()
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "lstmc_add_trainer(${name}): unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_OUTPUT_DIR)
    set(arg_OUTPUT_DIR generated)
  endif()
  get_filename_component(spec ${arg_SPEC} ABSOLUTE)
  get_filename_component(output ${arg_OUTPUT_DIR} ABSOLUTE BASE_DIR ${CMAKE_CURRENT_BINARY_DIR})
  set(folder ${output}/${name})
  set(stamp ${CMAKE_CURRENT_BINARY_DIR}/${name}.stamp)
  set(sources forward.c backward.c update.c sample.c tables.c main.c kernels_avx512.c kernels_avx2.c kernels_baseline.c)
  set(others ${name}.h kernels.h kernels.inc CMakeLists.txt Makefile ${name}.ir)
  list(TRANSFORM sources PREPEND ${folder}/)
  list(TRANSFORM others PREPEND ${folder}/)
  list(TRANSFORM arg_DEFINE PREPEND -D)
  set(lstmc lstmc) # within lstmc's own build
  if(TARGET lstmc::lstmc)
    set(lstmc lstmc::lstmc)
  endif()

  add_custom_command(OUTPUT ${stamp} BYPRODUCTS ${sources} ${others} DEPFILE ${stamp}.d
    COMMAND ${lstmc} ${spec} -o ${output} --name ${name} ${arg_DEFINE} ${arg_OPTIONS} -MD -MF ${stamp}.d -MT ${stamp}
    COMMAND ${CMAKE_COMMAND} -E touch ${stamp}
    DEPENDS ${spec} ${lstmc} COMMENT "Emitting the trainer ${name}" VERBATIM)
  add_custom_target(${name}_sources DEPENDS ${stamp})
  add_executable(${name} ${sources})
  add_dependencies(${name} ${name}_sources)
  target_link_libraries(${name} PRIVATE lstmc::runtime)
  set_target_properties(${name} PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF)
  target_compile_options(${name} PRIVATE -O2 -ffp-contract=off) # also inside a Debug project
endfunction()
