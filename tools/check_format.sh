#!/usr/bin/env bash
# Fails if clang-format 19 would change a source file. Exits with 77 (CTest: skipped) where it is not installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ! command -v clang-format-19 >/dev/null; then
  echo "skipped: clang-format-19 is not installed"
  exit 77
fi
folders=()
for folder in src apps bpf tests tools benchmarks fuzz; do [[ -d $folder ]] && folders+=("$folder"); done
mapfile -t files < <(find "${folders[@]}" -type f \( -name '*.h' -o -name '*.cpp' -o -name '*.c' \))
clang-format-19 --dry-run -Werror "${files[@]}"
echo "${#files[@]} files are formatted"
