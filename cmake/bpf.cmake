# BPF programs: bpf/*.bpf.c and tests/**/*.bpf.c become ${CMAKE_BINARY_DIR}/bpf/**/NAME.o, as stock clang makes them.

find_program(SAYA_BPF_CLANG NAMES clang-19 clang REQUIRED)
file(GLOB_RECURSE saya_bpf_sources CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} bpf/*.bpf.c tests/*.bpf.c)
set(saya_bpf_objects "")
foreach(source IN LISTS saya_bpf_sources)
  string(REGEX REPLACE "\\.bpf\\.c$" ".o" object ${source})
  string(REGEX REPLACE "^bpf/" "" object ${object})
  set(object ${CMAKE_BINARY_DIR}/bpf/${object})
  get_filename_component(folder ${object} DIRECTORY)
  file(MAKE_DIRECTORY ${folder})
  add_custom_command(
    OUTPUT ${object}
    COMMAND ${SAYA_BPF_CLANG} -O2 -g -Wall -Werror -target bpf -mcpu=v3 -I${CMAKE_SOURCE_DIR}/bpf
            -idirafter /usr/include/${saya_multiarch} -MD -MF ${object}.d -c ${CMAKE_SOURCE_DIR}/${source} -o ${object}
    DEPENDS ${source}
    DEPFILE ${object}.d
    COMMENT "BPF ${source}"
    VERBATIM)
  list(APPEND saya_bpf_objects ${object})
endforeach()
# The examples of the package iproute2-doc, as they are, become bpf/tests/object/iproute2/NAME.o, and NAME.bare.o without
# BTF. Three folders up from there is the one whose include/bpf_api.h they ask for.
set(saya_iproute2_objects ${CMAKE_BINARY_DIR}/bpf/tests/object/iproute2)
file(GLOB saya_iproute2_examples /usr/share/doc/iproute2/examples/bpf/legacy/*.c)
if(saya_iproute2_examples AND EXISTS /usr/include/iproute2/bpf_elf.h)
  file(MAKE_DIRECTORY ${saya_iproute2_objects})
  configure_file(tests/object/include/bpf_api.h ${CMAKE_BINARY_DIR}/bpf/include/bpf_api.h COPYONLY)
  foreach(source IN LISTS saya_iproute2_examples)
    get_filename_component(name ${source} NAME_WE)
    foreach(variant "o;-g" "bare.o;-g0")
      list(GET variant 0 suffix)
      list(GET variant 1 debug)
      set(object ${saya_iproute2_objects}/${name}.${suffix})
      add_custom_command(
        OUTPUT ${object}
        COMMAND ${SAYA_BPF_CLANG} -O2 ${debug} -target bpf -I${saya_iproute2_objects}
                -idirafter /usr/include/${saya_multiarch} -c ${source} -o ${object}
        DEPENDS ${source} ${CMAKE_BINARY_DIR}/bpf/include/bpf_api.h
        COMMENT "BPF ${source} (${debug})"
        VERBATIM)
      list(APPEND saya_bpf_objects ${object})
    endforeach()
  endforeach()
endif()

add_custom_target(bpf_objects ALL DEPENDS ${saya_bpf_objects})

# The types that saya carries with it, inside the library that looks them up.
set(saya_own_types ${CMAKE_BINARY_DIR}/bpf/types/own_types.o)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/bpf/types)
add_custom_command(
  OUTPUT ${saya_own_types}
  COMMAND ${SAYA_BPF_CLANG} -O2 -g -Wall -Werror -target bpf -mcpu=v3 -I${CMAKE_SOURCE_DIR}/src/bpf
          -idirafter /usr/include/${saya_multiarch} -MD -MF ${saya_own_types}.d
          -c ${CMAKE_SOURCE_DIR}/bpf/types/own_types.c -o ${saya_own_types}
  DEPENDS bpf/types/own_types.c
  DEPFILE ${saya_own_types}.d
  COMMENT "BPF bpf/types/own_types.c"
  VERBATIM)
set_source_files_properties(src/bpf/program/own_types.cpp PROPERTIES
  OBJECT_DEPENDS ${saya_own_types} COMPILE_DEFINITIONS SAYA_OWN_TYPES="${saya_own_types}")
