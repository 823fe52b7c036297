# find_package(lstmc CONFIG REQUIRED): the compiler lstmc::lstmc, the runtime lstmc::runtime, lstmc_add_trainer().
include(CMakeFindDependencyMacro)
find_dependency(Threads)
include(${CMAKE_CURRENT_LIST_DIR}/lstmcTargets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/lstmc_add_trainer.cmake)
