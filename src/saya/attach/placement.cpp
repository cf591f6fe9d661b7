// The words after --xdp, --ingress and --egress. Grammar: tc-bpf(8), as far as it concerns a filter's place.
#include "attach/placement.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <vector>

#include "base/text.h"
#include "hook/tcx.h"

namespace saya::attach {
namespace {

/// A whole word as a number, decimal or 0x hexadecimal.
std::optional<uint64_t> number(std::string_view word) {
  const int base = word.starts_with("0x") ? 16 : 10;
  if (base == 16) word.remove_prefix(2);
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, base);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return value;
}

Result<uint32_t> number_in(std::string_view key, std::string_view word, uint64_t low, uint64_t high) {
  const auto value = number(word);
  if (!value || *value < low || *value > high)
    return fail(Code::invalid_argument, fmt::format("{} '{}' is not a number in {}..{}", key, word, low, high));
  return static_cast<uint32_t>(*value);
}

/// "M:N", both hexadecimal, as tc has it.
Result<uint32_t> parse_classid(std::string_view word) {
  const size_t colon = word.find(':');
  const auto half = [](std::string_view text) {
    return text.empty() ? std::optional<uint64_t>(0) : number("0x" + std::string(text));
  };
  if (colon != word.npos) {
    const auto major = half(word.substr(0, colon)), minor = half(word.substr(colon + 1));
    if (major && minor && *major <= 0xffff && *minor <= 0xffff) return static_cast<uint32_t>(*major << 16 | *minor);
  }
  return fail(Code::invalid_argument,
              fmt::format("classid '{}' is not MAJOR:MINOR of hexadecimal numbers up to ffff", word));
}

bool is_file(std::string_view word) { return word.ends_with(".o") || word.ends_with(".c"); }

/// "OBJ:PROG", "OBJ" or "PROG". An object is known by its ending; otherwise the part before a colon is one.
void parse_target(std::string_view word, Placement& placement) {
  const size_t colon = word.rfind(':');
  if (colon != word.npos) {
    placement.object = word.substr(0, colon);
    placement.program = word.substr(colon + 1);
  } else if (is_file(word)) {
    placement.object = word;
  } else {
    placement.program = word;
  }
}

/// A word of the grammar that takes a value.
struct Keyword {
  std::string_view name;
  Result<> (*parse)(std::string_view value, hook::Filter& filter);
};

constexpr Keyword kKeywords[] = {
    {"pref",
     [](std::string_view value, hook::Filter& filter) -> Result<> {
       SAYA_TRY(const uint32_t pref, number_in("pref", value, 1, std::numeric_limits<uint16_t>::max()));
       filter.pref = static_cast<uint16_t>(pref);
       return {};
     }},
    {"handle",
     [](std::string_view value, hook::Filter& filter) -> Result<> {
       SAYA_TRY(filter.handle, number_in("handle", value, 1, std::numeric_limits<uint32_t>::max()));
       return {};
     }},
    {"protocol",
     [](std::string_view value, hook::Filter& filter) -> Result<> {
       SAYA_TRY(filter.protocol, parse_protocol(value));
       return {};
     }},
    {"chain",
     [](std::string_view value, hook::Filter& filter) -> Result<> {
       SAYA_TRY(filter.chain, number_in("chain", value, 0, 0x0fffffff));
       return {};
     }},
    {"classid",
     [](std::string_view value, hook::Filter& filter) -> Result<> {
       SAYA_TRY(filter.classid, parse_classid(value));
       return {};
     }},
};

constexpr std::pair<std::string_view, std::string_view> kAliases[] = {
    {"prio",   "pref"   },
    {"flowid", "classid"}
};

const Keyword* find_keyword(std::string_view word) {
  for (const auto& [alias, name] : kAliases)
    if (word == alias) word = name;
  const auto found = std::ranges::find(kKeywords, word, &Keyword::name);
  return found == std::end(kKeywords) ? nullptr : found;
}

/// Words that stand alone. Filters run in no device here, so skip_hw only says what is so anyway.
struct Flag {
  std::string_view name;
  bool hook::Filter::* member;  ///< Null: nothing to set.
};
constexpr Flag kFlags[] = {
    {"da",            &hook::Filter::direct_action},
    {"direct-action", &hook::Filter::direct_action},
    {"skip_sw",       &hook::Filter::skip_sw      },
    {"skip_hw",       nullptr                     },
};

const Flag* find_flag(std::string_view word) {
  const auto found = std::ranges::find(kFlags, word, &Flag::name);
  return found == std::end(kFlags) ? nullptr : found;
}

constexpr std::string_view kTcx = "tcx", kDev = "dev";

bool is_keyword(std::string_view word) { return word == kTcx || word == kDev || find_flag(word) || find_keyword(word); }

Result<> parse_filter(std::span<const std::string_view> words, hook::Filter& filter) {
  std::vector<const Keyword*> seen;
  for (size_t i = 0; i < words.size(); ++i) {
    if (const Flag* flag = find_flag(words[i])) {
      if (flag->member) filter.*flag->member = true;
      continue;
    }
    const Keyword* keyword = find_keyword(words[i]);
    if (!keyword)
      return fail(Code::invalid_argument,
                  fmt::format("what is '{}'? a filter takes dev, pref, handle, protocol, chain, classid, da, skip_sw "
                              "and skip_hw",
                              words[i]));
    if (std::ranges::find(seen, keyword) != seen.end())
      return fail(Code::invalid_argument, fmt::format("{} is given twice", keyword->name));
    seen.push_back(keyword);
    if (++i == words.size()) return fail(Code::invalid_argument, fmt::format("{} needs a value", words[i - 1]));
    SAYA_CHECK(keyword->parse(words[i], filter));
  }
  if (filter.skip_sw && std::ranges::find(words, "skip_hw") != words.end())
    return fail(Code::invalid_argument, "skip_sw and skip_hw together leave nowhere to run");
  return {};
}

/// Takes "dev PORT" out of the words, wherever it stands.
Result<> take_port(std::vector<std::string_view>& words, Placement& placement) {
  const auto at = std::ranges::find(words, kDev);
  if (at == words.end()) return {};
  if (at + 1 == words.end()) return fail(Code::invalid_argument, "dev needs a value");
  placement.port = at[1];
  const auto rest = words.erase(at, at + 2);
  if (std::find(rest, words.end(), kDev) != words.end()) return fail(Code::invalid_argument, "dev is given twice");
  return {};
}

hook::Point tcx_of(hook::Point point) {
  return point == hook::Point::ingress ? hook::Point::tcx_ingress : hook::Point::tcx_egress;
}

/// "[before|after [PROG]]".
Result<> parse_tcx(std::span<const std::string_view> words, Placement& placement) {
  placement.point = tcx_of(placement.point);
  if (words.empty()) return {};
  if (words.front() != "before" && words.front() != "after")
    return fail(Code::invalid_argument,
                fmt::format("what is '{}'? a tcx program takes before and after, each with or without a program",
                            words.front()));
  placement.tcx_flags = words.front() == "before" ? hook::kTcxBefore : hook::kTcxAfter;
  if (words.size() > 2) return fail(Code::invalid_argument, fmt::format("'{}' is one word too many", words[2]));
  if (words.size() == 2) placement.tcx_relative = words[1];
  return {};
}

}  // namespace

Result<uint16_t> parse_protocol(std::string_view word) {
  struct Name {
    std::string_view name;
    uint16_t number;
  };
  constexpr Name kNames[] = {
      {"all",     hook::kProtocolAll},
      {"ip",      0x0800            },
      {"arp",     0x0806            },
      {"ipv6",    0x86dd            },
      {"802.1q",  0x8100            },
      {"802.1ad", 0x88a8            },
  };
  const auto same = [&](const Name& row) {
    return std::ranges::equal(row.name, word, {}, {},
                              [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  };
  if (const auto found = std::ranges::find_if(kNames, same); found != std::end(kNames)) return found->number;
  SAYA_TRY(const uint32_t value, number_in("protocol", word, 0, std::numeric_limits<uint16_t>::max()));
  return static_cast<uint16_t>(value);
}

Result<Placement> parse_placement(hook::Point point, std::string_view text, const std::string& default_object) {
  Placement placement{.point = point, .object = {}, .port = {}, .program = {}, .filter = {}};
  std::vector<std::string_view> words = split_words(text);
  if (!words.empty() && !is_keyword(words.front())) {
    parse_target(words.front(), placement);
    words.erase(words.begin());
  }
  if (placement.object.empty()) placement.object = default_object;
  if (placement.object.empty())
    return fail(Code::invalid_argument, fmt::format("'{}' names no object file, and no OBJ was given", text));
  SAYA_CHECK(take_port(words, placement));
  if (point == hook::Point::xdp && !words.empty())
    return fail(Code::invalid_argument,
                fmt::format("'{}' at xdp: only [OBJ:]PROG [dev PORT] is allowed there", words.front()));
  if (!words.empty() && words.front() == kTcx) {
    SAYA_CHECK(parse_tcx(std::span(words).subspan(1), placement));
    return placement;
  }
  placement.as_section_says = words.empty() && hook::has_filters(point);
  SAYA_CHECK(parse_filter(words, placement.filter));
  return placement;
}

hook::Point place_of(const Placement& placement, std::string_view section) noexcept {
  const bool tcx = placement.as_section_says && section.starts_with("tcx/");
  return tcx ? tcx_of(placement.point) : placement.point;
}

}  // namespace saya::attach
