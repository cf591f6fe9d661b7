# The checks of the house itself as CTest tests: house.format, house.headers, house.no_marks, house.reference.

# Every header compiles alone: one source per header that includes nothing else, built by the test and not before.
file(GLOB_RECURSE saya_headers CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/src src/*.h)
set(saya_header_sources "")
foreach(header IN LISTS saya_headers)
  string(REGEX REPLACE "^[a-z]+/(.*)$" "\\1" header ${header})  # src/<group>/ is the include directory.
  set(source ${CMAKE_BINARY_DIR}/house_headers/${header}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${header}\"\n")
  list(APPEND saya_header_sources ${source})
endforeach()
if(saya_header_sources)
  add_library(house_headers OBJECT EXCLUDE_FROM_ALL ${saya_header_sources})
  target_include_directories(house_headers PRIVATE ${SAYA_INCLUDE_DIRS})
  target_link_libraries(house_headers PRIVATE fmt::fmt ${SAYA_ROOMS})
  target_compile_options(house_headers PRIVATE -O0)
  add_test(NAME house.headers COMMAND ${CMAKE_COMMAND} --build ${CMAKE_BINARY_DIR} --target house_headers -- -k 0)
  # It writes to the build tree that the other tests run from.
  set_tests_properties(house.headers PROPERTIES RUN_SERIAL TRUE TIMEOUT 600)
endif()

add_test(NAME house.format COMMAND ${CMAKE_SOURCE_DIR}/tools/check_format.sh)
set_tests_properties(house.format PROPERTIES SKIP_RETURN_CODE 77)

add_test(NAME house.no_marks COMMAND ${CMAKE_SOURCE_DIR}/tools/check_no_marks.sh)

# docs/reference/ says what the tables say.
if(TARGET gen_reference)
  add_test(NAME house.reference COMMAND gen_reference --check ${CMAKE_SOURCE_DIR}/docs/reference)
endif()
