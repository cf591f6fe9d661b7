# CTest: every GoogleTest case of every room and of tests/, and the checks of the house itself.

include(GoogleTest)

# tests/support/*.cpp: what several test programs share; included as "support/x.h".
file(GLOB saya_test_support CONFIGURE_DEPENDS tests/support/*.cpp)
if(saya_test_support)
  add_library(test_support STATIC ${saya_test_support})
  target_include_directories(test_support PUBLIC ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(test_support PUBLIC ${SAYA_ROOMS})
endif()

function(saya_add_test_program name)
  add_executable(${name} ${ARGN})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE $<TARGET_NAME_IF_EXISTS:test_support> ${SAYA_ROOMS} GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE SAYA_SOURCE_DIR="${CMAKE_SOURCE_DIR}" SAYA_BINARY_DIR="${CMAKE_BINARY_DIR}"
                                             SAYA_MULTIARCH="${saya_multiarch}")
  add_dependencies(${name} bpf_objects)
  gtest_discover_tests(${name} NO_PRETTY_VALUES DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 300)
endfunction()

foreach(room IN LISTS SAYA_ROOMS)
  if(SAYA_TESTS_${room})
    saya_add_test_program(${room}_test ${SAYA_TESTS_${room}})
  endif()
endforeach()

# tests/<kind>_test.cpp: one runner per kind of case file.
file(GLOB saya_runners CONFIGURE_DEPENDS tests/*_test.cpp)
foreach(source IN LISTS saya_runners)
  get_filename_component(name ${source} NAME_WE)
  saya_add_test_program(${name} ${source})
endforeach()
if(TARGET core_libbpf_test)
  pkg_check_modules(bpf REQUIRED IMPORTED_TARGET libbpf)
  target_link_libraries(core_libbpf_test PRIVATE PkgConfig::bpf)  # The judge of CO-RE.
endif()
foreach(runner transcript_test bpftool_run_test guides_test memory_test)
  if(TARGET saya AND TARGET ${runner})
    add_dependencies(${runner} saya)  # It runs the binary.
  endif()
endforeach()

# tools/judge.cpp asks the kernel about whole objects; the wide run calls it.
if(TARGET test_support)
  add_executable(judge tools/judge.cpp)
  target_link_libraries(judge PRIVATE test_support ${SAYA_ROOMS})
endif()

add_test(NAME house.layers COMMAND ${CMAKE_SOURCE_DIR}/tools/check_layers.py ${CMAKE_SOURCE_DIR}/src)

include(cmake/house.cmake)
