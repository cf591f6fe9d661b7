# One static library per room of src/<group>/<room>, linked against the rooms that src/LAYERS grants it,
# and one GoogleTest program <room>_test from its *_test.cpp. A new file needs no edit here.

find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(GTest REQUIRED)
pkg_check_modules(elf REQUIRED IMPORTED_TARGET libelf)
pkg_check_modules(pcap REQUIRED IMPORTED_TARGET libpcap)
pkg_check_modules(urcu REQUIRED IMPORTED_TARGET liburcu-qsbr)
pkg_check_modules(md REQUIRED IMPORTED_TARGET libmd)

# What a room needs from outside, beyond fmt, which all may use.
set(SAYA_EXTERNAL_base PkgConfig::urcu)
set(SAYA_EXTERNAL_packet PkgConfig::pcap)
set(SAYA_EXTERNAL_netstate nlohmann_json::nlohmann_json)
set(SAYA_EXTERNAL_object PkgConfig::elf PkgConfig::md)
set(SAYA_EXTERNAL_program PkgConfig::md)
set(SAYA_EXTERNAL_run nlohmann_json::nlohmann_json)
set(SAYA_EXTERNAL_cli nlohmann_json::nlohmann_json CLI11::CLI11)

# Compiled BPF frames cannot be unwound, so nothing that a program or a packet reaches may throw.
set(SAYA_NO_EXCEPTIONS map packet abi helper interp jit port qdisc hook nic)

file(STRINGS src/LAYERS saya_layers REGEX "^[a-z]+:")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS src/LAYERS)
set(SAYA_ROOMS "")
set(SAYA_INCLUDE_DIRS "")
foreach(group core bpf net linux saya)
  list(APPEND SAYA_INCLUDE_DIRS ${CMAKE_SOURCE_DIR}/src/${group})
endforeach()

foreach(layer IN LISTS saya_layers)
  string(REGEX MATCH "^([a-z]+):(.*)$" _ "${layer}")
  set(room ${CMAKE_MATCH_1})
  string(STRIP "${CMAKE_MATCH_2}" allowed)
  separate_arguments(allowed)
  file(GLOB sources CONFIGURE_DEPENDS src/*/${room}/*.cpp)
  if(NOT sources)
    continue()  # A room that a later stage of the design fills.
  endif()
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$|/main\\.cpp$")

  add_library(${room} STATIC ${sources})
  target_include_directories(${room} PUBLIC ${SAYA_INCLUDE_DIRS})
  target_link_libraries(${room} PUBLIC fmt::fmt ${SAYA_EXTERNAL_${room}})
  foreach(below IN LISTS allowed)
    if(below IN_LIST SAYA_ROOMS)
      target_link_libraries(${room} PUBLIC ${below})
    endif()
  endforeach()
  if(room IN_LIST SAYA_NO_EXCEPTIONS)
    target_compile_options(${room} PRIVATE -fno-exceptions)
  endif()
  list(APPEND SAYA_ROOMS ${room})
  set(SAYA_TESTS_${room} ${tests})
endforeach()

# Where the machine keeps headers that depend on its architecture: clang -target bpf does not look there by itself.
execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-multiarch OUTPUT_VARIABLE saya_multiarch OUTPUT_STRIP_TRAILING_WHITESPACE
                ERROR_QUIET)
if(NOT saya_multiarch)
  set(saya_multiarch ${CMAKE_SYSTEM_PROCESSOR}-linux-gnu)
endif()
if(TARGET attach)
  target_compile_definitions(attach PRIVATE SAYA_MULTIARCH="${saya_multiarch}")
endif()
if(TARGET cli)
  target_compile_definitions(cli PRIVATE SAYA_VERSION="${PROJECT_VERSION}")
endif()
