#!/usr/bin/env bash
# Fails on a mark of unfinished work in the code, and on a path of somebody's machine anywhere in the tree.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bad=0
# refuse WHAT GREP-ARGS...: prints the lines that grep finds.
refuse() {
  local what=$1
  shift
  if grep -rIn "$@"; then
    echo "$what: see above"
    bad=1
  fi
}

code=()
for folder in src apps bpf; do [[ -d $folder ]] && code+=("$folder"); done
refuse "unfinished work" -wE 'TODO|FIXME|XXX|HACK' "${code[@]}"
machine=(--exclude-dir=build --exclude-dir=.git --exclude=.git .)
# A checkout at the top, say /src, has too common a name to look for.
if [[ $PWD == /*/* ]]; then refuse "a path of this machine" -F "$PWD/" "${machine[@]}"; fi
refuse "a path of a person's machine" -E '(^|[^[:alnum:]_.$}])/(home|root|Users)/[[:alnum:]]' "${machine[@]}"
((bad)) || echo "no marks, no machine paths"
exit "$bad"
