// A declarator without its name, built from the outside in: pointers and arrays grow around the place of the name,
// qualifiers in front of what they qualify.
#include "btf/type_name.h"

#include <fmt/format.h>

namespace saya::btf {
namespace {

constexpr int kDeepest = 32;  ///< A hostile type may be as deep as the file is long, or a cycle.

std::string_view qualifier(Kind kind) {
  switch (kind) {
    case Kind::const_: return "const";
    case Kind::volatile_: return "volatile";
    case Kind::restrict_: return "restrict";
    default: return {};
  }
}

std::string tagged(std::string_view word, std::string_view name) {
  return fmt::format("{} {}", word, name.empty() ? "(anonymous)" : name);
}

/// A type that refers to no other in its name.
std::string plain(const Type& type) {
  switch (type.kind) {
    case Kind::unknown: return "void";
    case Kind::structure:
    case Kind::forward: return tagged("struct", type.name);
    case Kind::union_: return tagged("union", type.name);
    case Kind::enumeration:
    case Kind::enumeration64: return tagged("enum", type.name);
    default: return type.name.empty() ? "(anonymous)" : std::string(type.name);
  }
}

/// Whether the type behind the qualifiers is a pointer.
bool qualifies_pointer(const Btf& btf, uint32_t id) {
  for (int depth = 0; depth < kDeepest; ++depth) {
    const Type& type = btf.type(id);
    if (type.kind == Kind::pointer) return true;
    if (qualifier(type.kind).empty()) return false;
    id = type.target;
  }
  return false;
}

/// An array or a prototype around what is declared so far.
std::string around(std::string_view declared, std::string_view more) {
  return declared.starts_with('*') ? fmt::format("({}){}", declared, more) : fmt::format("{}{}", declared, more);
}

}  // namespace

std::string type_name(const Btf& btf, uint32_t id) {
  std::string front, declared;
  for (int depth = 0; depth < kDeepest; ++depth) {
    const Type& type = btf.type(id);
    if (const std::string_view word = qualifier(type.kind); !word.empty()) {
      if (qualifies_pointer(btf, type.target))
        declared = fmt::format(" {}{}{}", word, declared.starts_with('*') ? " " : "", declared);
      else
        front += fmt::format("{} ", word);
    } else if (type.kind == Kind::pointer) {
      declared.insert(0, "*");
    } else if (type.kind == Kind::array) {
      declared = around(declared, fmt::format("[{}]", type.elements));
    } else if (type.kind == Kind::function_proto) {
      declared = around(declared, "(...)");
    } else if (type.kind != Kind::type_tag && type.kind != Kind::variable && type.kind != Kind::function) {
      return fmt::format("{}{}{}{}", front, plain(type),
                         declared.starts_with('*') || declared.starts_with('(') ? " " : "", declared);
    }
    id = type.target;
  }
  return "...";
}

}  // namespace saya::btf
