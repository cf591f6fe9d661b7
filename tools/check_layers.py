#!/usr/bin/env python3
"""Fail if a room of src/<group>/ includes a room that src/LAYERS does not grant it, or if LAYERS has a cycle.

Tests (*_test.cpp) may also include any room: they look at a room from outside.
"""
import pathlib
import re
import sys

SRC = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "src")
INCLUDE = re.compile(r'^\s*#\s*include\s+["<](?:\.\./)*(?:[a-z]+/)??([a-z_0-9]+)/', re.M)


def read_layers(text):
    rows = (line.split("#")[0].partition(":") for line in text.splitlines())
    return {room.strip(): set(allowed.split()) for room, colon, allowed in rows if colon}


def main():
    layers = read_layers((SRC / "LAYERS").read_text())
    problems = []
    seen = set()
    for room, allowed in layers.items():  # Rooms are listed bottom up, so a cycle shows as a forward reference.
        problems += [f"LAYERS: {room} is granted {a}, which is not below it" for a in sorted(allowed - seen)]
        seen.add(room)
    for path in sorted(p for p in SRC.rglob("*") if p.suffix in {".h", ".c", ".cpp", ".def"}):
        room = path.relative_to(SRC).parts[1]  # src/<group>/<room>/file
        if room not in layers:
            problems.append(f"{path}: room '{room}' is not in LAYERS")
        elif not path.name.endswith("_test.cpp"):
            wanted = (set(INCLUDE.findall(path.read_text())) & layers.keys()) - {room}
            problems += [f"{path}: {room} may not include {w}" for w in sorted(wanted - layers[room])]
    print("\n".join(problems) or f"{len(layers)} rooms, every arrow points down")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
