// What the storage functions of several map types check, with the words of a refusal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "map/map.h"

namespace saya {

/// Flags that BPF_MAP_CREATE accepts for every type below BPF_MAP_TYPE_DEVMAP.
inline constexpr uint32_t kMapSyscallFlags = kMapReadOnlySyscall | kMapWriteOnlySyscall;
inline constexpr uint32_t kMapProgramFlags = kMapReadOnlyProgram | kMapWriteOnlyProgram;

inline constexpr uint32_t kMostStorageValue = 65535 - 128;  ///< U16_MAX less struct bpf_local_storage_elem.

/// An error that says which map: "map 'flows': " and `what`.
std::unexpected<Error> refuse(const MapSpec& spec, Code code, std::string_view what);

/// Only bits of `allowed`, and not "read-only" together with "write-only" for the same side.
Result<> check_flags(const MapSpec& spec, uint32_t allowed);
/// The field is in `least`..`most`; below is invalid_argument, above is `beyond`.
Result<> check_range(const MapSpec& spec, std::string_view field, uint64_t value, uint64_t least, uint64_t most,
                     Code beyond);
/// max_entries is not 0 and a key is one u32.
Result<> check_indexed(const MapSpec& spec);
/// What the kernel asks of storages of all owners (kernel/bpf/bpf_local_storage.c, Linux 6.18).
Result<> check_storage(const MapSpec& spec);
/// `bytes`, or out_of_memory when no address space holds them.
Result<size_t> check_payload(const MapSpec& spec, size_t bytes);
/// `count` pieces of `stride` bytes, or out_of_memory when no address space holds them.
Result<size_t> payload_bytes(const MapSpec& spec, uint64_t count, size_t stride);

}  // namespace saya
