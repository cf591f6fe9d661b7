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
add_custom_target(bpf_objects ALL DEPENDS ${saya_bpf_objects})
