#!/usr/bin/env bash
# Opens every BPF object that Debian's packages give: the selftests and samples of both kernel sources, compiled here, the
# objects of xdp-tools, and iproute2's examples. Says how many open, how long it takes and why others do not open; fails if
# too few do. The objects stay in build/open_rate/objects.
set -uo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

least=99  # Percent of the objects.
work=$root/build/open_rate
saya=$root/build/release/bin/saya
headers=/usr/include/$(g++ -print-multiarch)
examples=/usr/share/doc/iproute2/examples/bpf

# unpack KERNEL: what its selftests and samples are made of, and the headers that its build generates.
unpack() {
  local name=linux-source-$1
  local tree=$work/$name
  [[ -s $tree/bpf/bpf_helper_defs.h ]] && return
  say "unpacking $name"
  mkdir -p "$tree/bpf"
  tar -xJf "/usr/src/$name.tar.xz" -C "$work" \
    "$name"/{samples/bpf,scripts/bpf_doc.py,tools/include,tools/lib/bpf,tools/testing/selftests/bpf} || return
  cp "$tree"/tools/lib/bpf/{bpf_core_read,bpf_endian,bpf_helpers,bpf_tracing,usdt.bpf}.h "$tree/bpf"
  "$tree/scripts/bpf_doc.py" --header --file "$tree/tools/include/uapi/linux/bpf.h" > "$tree/bpf/bpf_helper_defs.h"
}

# The types of the running kernel, and its headers under the names that samples know them by.
common_headers() {
  mkdir -p "$work/samples/net"
  bpftool btf dump file /sys/kernel/btf/vmlinux format c > "$work/vmlinux.h" || return
  ln -sfn /usr/include "$work/samples/uapi"
  for name in ip ipv6 tcp; do echo "#include <linux/$name.h>" > "$work/samples/net/$name.h"; done
}

# compile_one FOLDER SOURCE FLAGS...
compile_one() {
  local source=$2 object
  object=$1/$(basename "${source%.c}").o
  shift 2
  [[ $object -nt $source ]] || clang-19 -O2 -g -target bpf -mcpu=v3 -w "$@" -c "$source" -o "$object" 2> "$object.words" ||
    rm -f "$object"
}
export -f compile_one

# compile FOLDER FLAGS...: the sources that it reads, one a line, become objects/FOLDER/*.o where this machine's headers do.
compile() {
  local folder=$work/objects/$1
  shift
  mkdir -p "$folder"
  xargs -P "$(nproc)" -I {} bash -c 'compile_one "$@"' - "$folder" {} "$@" -idirafter "$headers"
}

compile_kernel() {
  local tree=$work/linux-source-$1
  local tests=$tree/tools/testing/selftests/bpf
  local flags=(-D__TARGET_ARCH_x86 -I"$tree" -I"$work" -I"$tests" -I"$tree/tools/include/uapi" -I"$tree/tools/include")
  local sample_flags=("${flags[@]}" -I"$work/samples" -include "$root/tools/open_rate/sample.h")
  unpack "$1" || return
  find "$tests/progs" -name '*.c' | compile "selftests-$1" "${flags[@]}"
  find "$tree/samples/bpf" -name '*.bpf.c' | compile "samples-$1" "${flags[@]}"
  find "$tree/samples/bpf" -name '*_kern.c' | compile "samples-$1" "${sample_flags[@]}"
}

# They include "../../include/bpf_api.h", or from legacy/ one folder further up.
compile_examples() {
  local flags=(-I"$work/linux-source-6.12/tools/testing/selftests/bpf")
  mkdir -p "$work/iproute2/examples/bpf" "$work/iproute2/include"
  cp -r "$examples/." "$work/iproute2/examples/bpf"
  cp "$root/tests/object/include/bpf_api.h" "$work/iproute2/include"
  find "$work/iproute2/examples/bpf" -maxdepth 1 -name '*.c' |
    compile iproute2 "${flags[@]}" -include linux/bpf.h -include bpf/bpf_helpers.h
  find "$work/iproute2/examples/bpf/legacy" -name '*.c' | compile iproute2-legacy "${flags[@]}"
}

copy_xdp_tools() {
  mkdir -p "$work/objects/xdp-tools"
  dpkg -L libxdp1 xdp-tools | grep '/bpf/.*\.o$' | xargs -I {} cp {} "$work/objects/xdp-tools"
}

# Lines "opened MICROSECONDS OBJECT" and "refused MICROSECONDS OBJECT: REASON" of every object.
open_all() {
  local object said start verdict
  find "$work/objects" -name '*.o' | sort | while read -r object; do
    start=${EPOCHREALTIME/./}
    verdict=opened
    said=$("$saya" -j obj show "$object" 2>&1 > /dev/null) || verdict=refused
    echo "$verdict $((${EPOCHREALTIME/./} - start)) ${said:-"$object"}"
  done | sed -E "s| saya: | |; s|$work/objects/||"
}

report() {
  local opened total skipped
  total=$(wc -l < "$work/results")
  opened=$(grep -c '^opened' "$work/results")
  skipped=$(find "$work/objects" -name '*.words' -size +0 | wc -l)
  grep '^refused' "$work/results"
  echo "reasons, by how many objects have them:"
  sed -n -E "s/'[^']*'/.../g; s/0x[0-9a-f]+|[0-9]+/N/g; s/^refused N [^ ]*: //p" "$work/results" | sort | uniq -c | sort -rn
  sort -n -k 2 "$work/results" |
    awk '{ object[NR] = $3; time[NR] = $2 } END { printf "median %.1f ms, slowest %.1f ms: %s\n", time[int((NR + 1) / 2)] / 1000, time[NR] / 1000, object[NR] }'
  say "$opened of $total objects open; $skipped sources did not compile with the running kernel's types"
  ((total > 0 && opened * 100 >= total * least)) || die "at least $least % must open"
}

build release saya
common_headers || die "the running kernel shows no types in /sys/kernel/btf/vmlinux"
for kernel in 6.1 6.12; do compile_kernel "$kernel" || die "linux-source-$kernel cannot be unpacked"; done
compile_examples
copy_xdp_tools
open_all > "$work/results"
report
