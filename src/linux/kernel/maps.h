// Kernel maps as libbpf and iproute2 make them from what an object declares.
#pragma once

#include <span>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "kernel/bpf.h"
#include "object/object.h"

namespace saya::kernel {

/// Creates an empty map like `spec`, adjusted as libbpf adjusts it: a name that the kernel allows, sizes that it leaves
/// to the loader, a map of maps with its template. `btf` is loaded BTF that the spec's types refer to, or -1; a map
/// whose types the kernel refuses comes without them.
Result<Fd> create_adjusted(MapSpec spec, int btf);

/// One map per definition, data sections filled and frozen, maps of maps holding what they hold from the beginning (not
/// so prog arrays: their programs come later). A map that cannot be made does not keep the others from being made: its
/// error stands in its place. Pins are left alone.
std::vector<Result<Fd>> create_maps(const object::Object& object, int btf);

}  // namespace saya::kernel
