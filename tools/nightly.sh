#!/usr/bin/env bash
# The wide run of ./test --nightly: the suite by both compilers and under the sanitizers, how many real objects open, and a
# minute for each fuzzer.
# Runs every step even after a failure, and names the failed ones at the end. Arguments go to every ctest.
set -uo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

export SAYA_NIGHTLY=1  # Tests widen: more random programs, more packets.
export ASAN_SYMBOLIZER_PATH=/usr/bin/llvm-symbolizer-19  # Debian's name, which clang's runtime does not look for.
fuzz_seconds=${SAYA_FUZZ_SECONDS:-60}
failed=()

# step NAME COMMAND...
step() {
  local name=$1
  shift
  say "nightly: $name"
  ("$@") || failed+=("$name")
}

suite_by_clang() {
  local directory=build/clang
  [[ -e $root/$directory/build.ninja ]] ||
    (cd "$root" && quietly "configuring $directory" cmake --preset release -B "$directory" \
      -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19) || return
  build clang && ctest --test-dir "$root/$directory" --output-on-failure --parallel 2 "$@"
}

# What a fuzzer begins with: real inputs that the tree has anyway.
declare -A seeds=([btf]=$root/build/fuzz/seeds/btf [elf]=$root/build/release/bpf [capture]=$root/tests/captures)
seeds[variables]=$root/build/fuzz/seeds/variables

# The types of the objects that the build makes, as fuzz/btf.cpp takes them: the size of `.BTF` in 32 bits, it, `.BTF.ext`.
cut_types() {
  local object types=$root/build/fuzz/types ext=$root/build/fuzz/ext
  mkdir -p "${seeds[btf]}"
  for object in "$root"/build/release/bpf/tests/object/*.o; do
    llvm-objcopy-19 --dump-section .BTF="$types" --dump-section .BTF.ext="$ext" "$object" /dev/null 2> /dev/null || continue
    { perl -e 'print pack "V", -s shift' "$types" && cat "$types" "$ext"; } > "${seeds[btf]}/$(basename "$object")"
  done
}

# Words, and the object that has what they name, as fuzz/variables.cpp takes them.
join_words() {
  local word
  mkdir -p "${seeds[variables]}"
  for word in byte=200 'ports[2]=80' ports=22,80 enabled=true letter=b name=eth0 mac=1,2,3 'matrix[1][2]=-7' level=LOW \
    wide=LARGE config.mode=LEARN 'config.ranges[1].last=9' config.deep=-5 'counters[0]=18446744073709551615' flows=65536; do
    { echo "$word" && cat "$root/build/release/bpf/tests/object/variables.o"; } > "${seeds[variables]}/$word"
  done
}

# fuzz NAME: from its seeds; what it finds stays in build/fuzz.
fuzz() {
  local name=$1 found=$root/build/fuzz/corpus/$1
  build fuzz "fuzz_$name"
  mkdir -p "$found"
  quietly "fuzzer $name" "$root/build/fuzz/bin/fuzz_$name" -max_total_time="$fuzz_seconds" -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$root/build/fuzz/$name-" "$found" ${seeds[$name]:+"${seeds[$name]}"}
}

install build test nightly || exit
step "g++" "$root/test" --preset release "$@"
step "clang++" suite_by_clang "$@"
step "address and undefined behaviour" "$root/test" --preset asan "$@"
step "threads" "$root/test" --preset tsan "$@"
step "open rate" "$root/tools/open_rate.sh"
step "configuring the fuzzers" configure fuzz
cut_types
join_words
for source in "$root"/fuzz/*.cpp; do
  [[ -e $source ]] && step "fuzzer $(basename "$source" .cpp)" fuzz "$(basename "$source" .cpp)"
done

for name in "${failed[@]}"; do say "nightly: FAILED: $name"; done
((${#failed[@]} == 0)) || exit 1
say "nightly: all passed"
