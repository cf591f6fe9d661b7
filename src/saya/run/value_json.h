// Bytes that a BTF type describes, as JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "base/result.h"
#include "btf/btf.h"

namespace saya::run {

/// Members keep the order of the struct's.
using Json = nlohmann::ordered_json;

/// The value as `bpftool map dump -j` formats it: structs and unions by member, enumerators by name, arrays of
/// characters that end in a NUL as strings, bit-fields and 128-bit integers as strings of hexadecimal digits, pointers
/// as numbers. Nothing where the type does not describe these bytes.
std::optional<Json> value_json(const btf::Btf& btf, uint32_t type, std::span<const std::byte> bytes);

/// The inverse; besides that it takes what people write by hand: numbers as strings ("0x1f"), short arrays, and structs
/// without all of their members. What is not mentioned becomes zero; members of anonymous structs may stand outside of
/// them. Errors begin with the path to the element: "flow.ports[2]: ...".
Result<> read_value(const btf::Btf& btf, uint32_t type, const Json& json, std::span<std::byte> bytes);

}  // namespace saya::run
