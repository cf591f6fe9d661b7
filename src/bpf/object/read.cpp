// An ELF object from bytes to data, step by step. Conventions: libbpf 1.x, where its users rely on them.
#include <fcntl.h>
#include <fmt/format.h>
#include <sha1.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>

#include "base/bytes.h"
#include "base/fd.h"
#include "object/reading.h"

namespace saya::object {
namespace {

constexpr size_t kMaxLicenseBytes = 128;           ///< The kernel cuts longer ones.
constexpr off_t kMaxFileBytes = off_t{256} << 20;  ///< Hundreds of times the largest object known.

std::string_view base_name(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

Result<std::string> read_license(const ElfFile& elf) {
  const ElfSection* section = elf.find("license");
  if (!section) return std::string();
  if (section->bytes.size() > kMaxLicenseBytes)
    return fail(Code::invalid_argument, fmt::format("section 'license': {} bytes, must be at most {}",
                                                    section->bytes.size(), kMaxLicenseBytes));
  const std::string_view text(reinterpret_cast<const char*>(section->bytes.data()), section->bytes.size());
  const std::string license(text.substr(0, text.find('\0')));
  if (std::ranges::any_of(license, [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; }))
    return fail(Code::malformed, "section 'license': has control characters, must be text");
  return license;
}

/// What iproute2 names the folder of pins after that only loads of the same file share.
std::string digest_of(std::span<const std::byte> bytes) {
  SHA1_CTX context;
  std::byte digest[SHA1_DIGEST_LENGTH];
  SHA1Init(&context);
  SHA1Update(&context, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  SHA1Final(reinterpret_cast<uint8_t*>(digest), &context);
  return to_hex(digest);
}

Result<Object> read_elf(std::span<const std::byte> bytes, std::string_view file) {
  SAYA_TRY(const ElfFile elf, ElfFile::open(bytes));
  Object object;
  Layout layout;
  object.file = base_name(file);
  SAYA_TRY(object.license, read_license(elf));
  SAYA_TRY(object.btf, read_btf(elf));
  SAYA_CHECK(read_btf_maps(elf, object, layout));
  SAYA_CHECK(read_legacy_maps(elf, object, layout));
  SAYA_CHECK(read_data_sections(elf, object, layout));
  SAYA_CHECK(read_externs(elf, object, layout));
  read_value_fields(object);
  SAYA_CHECK(read_functions(elf, object, layout));
  SAYA_CHECK(read_map_values(elf, object, layout));
  SAYA_CHECK(read_tail_sections(object, layout));
  SAYA_CHECK(read_relocations(elf, object, layout));
  SAYA_CHECK(read_debug_info(elf, object, layout));
  if (std::ranges::find(object.maps, Pinning::object, &MapDefinition::pinning) != object.maps.end())
    object.digest = digest_of(bytes);
  return object;
}

Result<size_t> size_of_file(int fd) {
  struct stat status;
  if (fstat(fd, &status) != 0) return fail_errno("cannot read its size", errno);
  if (S_ISDIR(status.st_mode)) return fail(Code::invalid_argument, "is a directory, not an object file");
  if (!S_ISREG(status.st_mode)) return fail(Code::invalid_argument, "is not a regular file");
  if (status.st_size > kMaxFileBytes)
    return fail(Code::invalid_argument, fmt::format("has {} bytes, must be at most {}", status.st_size, kMaxFileBytes));
  return static_cast<size_t>(status.st_size);
}

Result<std::vector<std::byte>> read_bytes(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return fail_errno("cannot be opened", errno);
  SAYA_TRY(const size_t size, size_of_file(fd.get()));
  std::vector<std::byte> bytes(size);
  size_t got = 0;
  while (got < size) {
    const ssize_t count = ::read(fd.get(), bytes.data() + got, size - got);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno("cannot be read", errno);
    if (count == 0) break;  // It shrank meanwhile.
    got += static_cast<size_t>(count);
  }
  bytes.resize(got);
  return bytes;
}

}  // namespace

std::optional<uint32_t> Layout::function_at(uint32_t section, uint64_t offset) const noexcept {
  const auto after = std::ranges::upper_bound(functions, std::pair(section, offset), {},
                                              [](const Place& place) { return std::pair(place.section, place.start); });
  if (after == functions.begin()) return std::nullopt;
  const Place& place = *std::prev(after);
  if (place.section != section || offset - place.start >= place.size) return std::nullopt;
  return static_cast<uint32_t>(&place - functions.data());
}

Result<Object> read(std::span<const std::byte> bytes, std::string_view file) {
  auto object = read_elf(bytes, file);
  if (!object) return std::unexpected(std::move(object).error().at(file));
  return object;
}

Result<Object> read_file(const std::string& path) {
  auto bytes = read_bytes(path);
  if (!bytes) return std::unexpected(std::move(bytes).error().at(path));
  return read(*bytes, path);
}

}  // namespace saya::object
