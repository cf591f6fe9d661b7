// The variables of `.kconfig`, filled with what a target says about its kernel. Values are taken as libbpf takes them
// (set_kcfg_value_*(), tools/lib/bpf/libbpf.c, Linux 6.12).
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>

#include "base/text.h"
#include "program/target.h"

namespace saya::program {
namespace {

using btf::Btf;
using btf::Kind;
using object::Extern;

constexpr uint8_t kSigned = 1, kBool = 4;
constexpr uint32_t kCookieSince = (5 << 16) + (15 << 8);  ///< Linux with bpf_get_attach_cookie().

/// How a variable takes values.
enum class Form : uint8_t { unknown, boolean, tristate, character, integer, text };

Form form_of(const Btf& btf, uint32_t id) {
  const btf::Type& type = btf.type(btf.resolve(id));
  const bool integer = type.kind == Kind::integer;
  if (integer && (type.encoding & kBool)) return type.size == 1 ? Form::boolean : Form::unknown;
  if (integer && type.size == 1) return Form::character;
  if (integer && (type.size == 2 || type.size == 4 || type.size == 8)) return Form::integer;
  if ((type.kind == Kind::enumeration && type.size == 4) || type.kind == Kind::enumeration64)
    return type.name == "libbpf_tristate" ? Form::tristate : Form::unknown;
  if (type.kind != Kind::array || type.elements == 0) return Form::unknown;
  const btf::Type& element = btf.type(btf.resolve(type.target));
  const bool text = element.kind == Kind::integer && element.size == 1 && !(element.encoding & kBool);
  return text ? Form::text : Form::unknown;
}

/// One `.kconfig` variable and its bytes, all zero so far.
class Option {
 public:
  Option(const Btf& btf, const Extern& declared, std::span<std::byte> bytes)
      : form_(form_of(btf, declared.btf_type)),
        signed_(btf.type(btf.resolve(declared.btf_type)).encoding & kSigned),
        bytes_(bytes) {}

  Form form() const noexcept { return form_; }

  Result<> set(std::string_view value) {
    if (value == "y" || value == "n" || value == "m") return set_switch(value.front());
    if (value.starts_with('"')) return set_text(value);
    const auto number = parse_integer(value);
    if (!number)
      return fail(Code::malformed, fmt::format("value '{}' is no switch, no text and no integer", printable(value)));
    if (form_ != Form::integer && form_ != Form::character)
      return fail(Code::invalid_argument, fmt::format("value {} needs an integer", printable(value)));
    return set_number(*number);
  }

  /// For what is no option, but a fact about the kernel.
  Result<> set_fact(uint64_t value) {
    if (form_ == Form::boolean && value <= 1) return store({.magnitude = value}, false);
    if (form_ == Form::integer || form_ == Form::character) return set_number({.magnitude = value});
    return fail(Code::invalid_argument, fmt::format("value {} needs an integer", value));
  }

 private:
  Result<> set_switch(char value) {
    constexpr std::string_view kStates = "nym";  // libbpf_tristate: no 0, yes 1, module 2.
    if (form_ == Form::boolean && value != 'm') return store({.magnitude = value == 'y'}, false);
    if (form_ == Form::tristate) return store({.magnitude = kStates.find(value)}, false);
    if (form_ == Form::character) return store({.magnitude = static_cast<uint8_t>(value)}, false);
    const std::string_view wanted = value == 'm' ? "a tristate or char" : "a bool, tristate or char";
    return fail(Code::invalid_argument, fmt::format("value '{}' needs {}", value, wanted));
  }

  /// What does not fit is cut off, with a NUL at the end.
  Result<> set_text(std::string_view value) {
    if (form_ != Form::text)
      return fail(Code::invalid_argument, fmt::format("value {} needs an array of char", printable(value)));
    if (value.size() < 2 || !value.ends_with('"'))
      return fail(Code::malformed, fmt::format("value {} lacks a closing \"", printable(value)));
    const std::string_view text = value.substr(1, std::min(value.size() - 2, bytes_.size() - 1));
    std::ranges::copy(std::as_bytes(std::span(text)), bytes_.begin());
    return {};
  }

  Result<> set_number(const Integer& value) { return store(value, signed_); }

  Result<> store(const Integer& value, bool is_signed) {
    const auto bits = static_cast<unsigned>(8 * bytes_.size());
    if (!value.fits(bits, is_signed))
      return fail(Code::invalid_argument, fmt::format("value {}{} is not in {}", value.negative ? "-" : "",
                                                      value.magnitude, range_text(bits, is_signed)));
    const uint64_t all = value.bits();
    std::ranges::copy(std::as_bytes(std::span(&all, 1)).first(bytes_.size()), bytes_.begin());
    return {};
  }

  Form form_;
  bool signed_;
  std::span<std::byte> bytes_;
};

std::optional<std::string> value_of(const Target& target, std::string_view option) {
  return target.config ? target.config(option) : std::nullopt;
}

/// What libbpf finds out about the kernel and presents as if it was configured.
std::optional<uint64_t> fact(const Target& target, std::string_view name) {
  if (name == "LINUX_KERNEL_VERSION") return target.kernel_version;
  if (name == "LINUX_HAS_BPF_COOKIE") return target.kernel_version >= kCookieSince;
  if (name == "LINUX_HAS_SYSCALL_WRAPPER") return value_of(target, "CONFIG_ARCH_HAS_SYSCALL_WRAPPER") == "y";
  return std::nullopt;
}

Result<> bind(const Btf& btf, const Extern& wanted, std::span<std::byte> bytes, const Target& target) {
  Option option(btf, wanted, bytes);
  if (option.form() == Form::unknown)
    return fail(Code::unsupported, "must be a bool, char, integer, char array or enum libbpf_tristate");
  if (const auto known = fact(target, wanted.name)) return option.set_fact(*known);
  if (wanted.name.starts_with("CONFIG_"))
    if (const auto value = value_of(target, wanted.name)) return option.set(*value);
  if (wanted.weak) return {};
  return fail(Code::no_such_entry, fmt::format("is not set by {}, and not declared __weak", target.name));
}

}  // namespace

Result<> bind_config(object::Object& object, const Target& target) {
  const auto map = std::ranges::find(object.maps, ".kconfig", &object::MapDefinition::section);
  if (map == object.maps.end() || !object.btf) return {};
  map->initial.assign(map->spec.value_size, std::byte{0});
  for (const Extern& wanted : object.externs) {
    if (wanted.kind != Extern::Kind::config) continue;
    if (wanted.offset > map->initial.size() || wanted.size > map->initial.size() - wanted.offset)
      return fail(Code::malformed,
                  fmt::format("extern '{}' leaves the {} bytes of .kconfig", wanted.name, map->initial.size()));
    const auto bytes = std::span(map->initial).subspan(wanted.offset, wanted.size);
    if (auto bound = bind(*object.btf, wanted, bytes, target); !bound)
      return std::unexpected(
          std::move(bound).error().at(fmt::format("{}: kernel configuration '{}'", object.file, wanted.name)));
  }
  return {};
}

}  // namespace saya::program
