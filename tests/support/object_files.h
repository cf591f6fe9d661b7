// Objects that clang made from tests/object/*.bpf.c, for tests of what is read from them.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "object/object.h"

namespace saya::object {

using Bytes = std::vector<std::byte>;

inline std::string path_of(std::string_view name) {
  return fmt::format("{}/bpf/tests/object/{}.o", SAYA_BINARY_DIR, name);
}

inline Bytes bytes_of(std::string_view name) {
  std::ifstream file(path_of(name), std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

inline Object object_of(std::string_view name) {
  auto object = read_file(path_of(name));
  EXPECT_TRUE(object) << object.error().message;
  return object ? *std::move(object) : Object();
}

/// Gives every section whose name ends in `from` another name; both have the same length.
inline void rename(Bytes& bytes, std::string_view from, std::string_view to) {
  auto* text = reinterpret_cast<char*>(bytes.data());
  const std::string_view all(text, bytes.size());
  for (size_t at = all.find(from); at != std::string_view::npos; at = all.find(from, at + 1))
    std::ranges::copy(to, text + at);
}

/// The object as if it had been compiled without -g.
inline Bytes without_btf(std::string_view name) {
  Bytes bytes = bytes_of(name);
  rename(bytes, ".BTF", ".XTF");
  return bytes;
}

}  // namespace saya::object
