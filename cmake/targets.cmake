# The programs that are built: saya, the benchmarks, the reference-page generator, the fuzzers.

if(EXISTS ${CMAKE_SOURCE_DIR}/src/saya/cli/main.cpp)
  add_executable(saya src/saya/cli/main.cpp)
  target_link_libraries(saya PRIVATE ${SAYA_ROOMS})
endif()

if(EXISTS ${CMAKE_SOURCE_DIR}/tools/gen_reference.cpp)
  add_executable(gen_reference tools/gen_reference.cpp)
  target_link_libraries(gen_reference PRIVATE ${SAYA_ROOMS})
endif()

file(GLOB saya_benchmarks CONFIGURE_DEPENDS benchmarks/*.cpp)
if(saya_benchmarks)
  find_package(benchmark REQUIRED)
  add_executable(saya_bench ${saya_benchmarks})
  target_link_libraries(saya_bench PRIVATE ${SAYA_ROOMS} benchmark::benchmark_main)
endif()

if(SAYA_FUZZ)
  file(GLOB saya_fuzzers CONFIGURE_DEPENDS fuzz/*.cpp)
  foreach(source IN LISTS saya_fuzzers)
    get_filename_component(name ${source} NAME_WE)
    add_executable(fuzz_${name} ${source})
    target_link_libraries(fuzz_${name} PRIVATE ${SAYA_ROOMS})
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  endforeach()
endif()
