// Parses .pkt files (one directive a line) and runs them on either side.
#include "support/pkt_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "base/bytes.h"
#include "map/host.h"
#include "object/object.h"
#include "program/program.h"
#include "support/frames.h"
#include "support/linked.h"
#include "support/map_text.h"

namespace saya::tests {
namespace {

constexpr std::string_view kOutcomeStarts = "---";

using Words = std::vector<std::string>;

Words words_of(std::string_view line) {
  std::istringstream in{std::string(line.substr(0, line.find('#')))};
  Words words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::string join(const Words& words, size_t from) {
  std::string text;
  for (size_t i = from; i < words.size(); ++i) text += words[i];
  return text;
}

Result<uint64_t> number_of(std::string_view word) {
  const bool hex = word.starts_with("0x");
  const std::string_view digits = hex ? word.substr(2) : word;
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, hex ? 16 : 10);
  if (error != std::errc{} || end != digits.data() + digits.size() || digits.empty())
    return fail(Code::invalid_argument, fmt::format("'{}' is not a number", word));
  return number;
}

std::unexpected<Error> needs(std::string_view what) { return fail(Code::invalid_argument, std::string(what)); }

Result<> set_ctx(PktCase& pkt, const Words& words) {
  for (size_t i = 1; i < words.size(); ++i) {
    const size_t equals = words[i].find('=');
    const std::string name = words[i].substr(0, equals);
    if (equals == std::string::npos ||
        std::ranges::find(test_run_fields(), name, &CtxField::name) == test_run_fields().end())
      return needs(fmt::format("'{}' is not FIELD=NUMBER of a field that a test run takes", words[i]));
    SAYA_TRY(pkt.input.ctx[name], number_of(std::string_view(words[i]).substr(equals + 1)));
  }
  return {};
}

Result<> add_element(PktCase& pkt, const Words& words) {
  const auto equals = std::ranges::find(words, "=");
  if (words.size() < 5 || equals - words.begin() != 3) return needs("map NAME KEY = VALUE");
  PktCase::Element element{.map = words[1], .key = {}, .value = {}};
  SAYA_TRY(element.key, from_hex(words[2]));
  SAYA_TRY(element.value, from_hex(join(words, 4)));
  pkt.elements.push_back(std::move(element));
  return {};
}

Result<> add_slot(PktCase& pkt, const Words& words) {
  if (words.size() != 4) return needs("tail MAP INDEX PROGRAM");
  SAYA_TRY(const uint64_t index, number_of(words[2]));
  pkt.slots.push_back({.map = words[1], .index = static_cast<uint32_t>(index), .program = words[3]});
  return {};
}

Result<> set_frame(PktCase& pkt, const Words& words) {
  if (words.size() < 2) return needs("frame NAME or bytes in hexadecimal");
  SAYA_TRY(pkt.input.frame, frame_of(join(words, 1)));
  return {};
}

Result<> set_meta(PktCase& pkt, const Words& words) {
  SAYA_TRY(pkt.input.meta, from_hex(join(words, 1)));
  return {};
}

Result<> set_object(PktCase& pkt, const Words& words) {
  if (words.size() != 3) return needs("program OBJECT FUNCTION");
  pkt.object = words[1];
  pkt.program = words[2];
  return {};
}

struct Directive {
  std::string_view word;
  Result<> (*apply)(PktCase&, const Words&);
};
constexpr Directive kDirectives[] = {
    {"program", set_object },
    {"frame",   set_frame  },
    {"meta",    set_meta   },
    {"ctx",     set_ctx    },
    {"map",     add_element},
    {"tail",    add_slot   },
};

Result<> apply_line(PktCase& pkt, const Words& words) {
  if (words.empty()) return {};
  const auto* const directive = std::ranges::find(kDirectives, words[0], &Directive::word);
  if (directive == std::end(kDirectives)) return needs(fmt::format("unknown word '{}'", words[0]));
  return directive->apply(pkt, words);
}

MapPtr find_map(std::span<const MapPtr> maps, std::string_view name) {
  for (const MapPtr& map : maps)
    if (map->spec().name == name) return map;
  return nullptr;
}

/// The value in the size user space has it: one copy given for a per-CPU map is CPU 0's.
Result<> set_element(Map& map, const PktCase::Element& element) {
  if (element.key.size() != map.spec().key_size || element.value.size() != map.spec().value_size)
    return needs(fmt::format("map '{}' has keys of {} and values of {} bytes", element.map, map.spec().key_size,
                             map.spec().value_size));
  std::vector<std::byte> value = element.value;
  value.resize(host_value_size(map));
  return host_update(map, element.key, value);
}

Result<std::string> joined(const Result<TestOutcome>& outcome, std::span<const MapPtr> maps,
                           const kernel::Session* kernel) {
  if (!outcome) return std::unexpected(outcome.error());
  SAYA_TRY(const std::string contents, text_of_maps({maps.begin(), maps.end()}, kernel));
  return to_text(*outcome) + contents;
}

}  // namespace

Result<PktCase> parse_pkt(std::string_view text) {
  PktCase pkt;
  for (unsigned number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line == kOutcomeStarts) {
      pkt.expected = text;
      break;
    }
    if (auto applied = apply_line(pkt, words_of(line)); !applied)
      return std::unexpected(std::move(applied.error()).at(fmt::format("line {}", number)));
  }
  if (pkt.object.empty() || pkt.input.frame.empty()) return needs("a case needs 'program' and 'frame'");
  return pkt;
}

Result<PktRun> prepare(const PktCase& pkt, const std::string& objects) {
  SAYA_TRY(const object::Object object, object::read_file(fmt::format("{}/{}.o", objects, pkt.object)));
  SAYA_TRY(const uint32_t cpus, kernel::possible_cpus());
  PktRun run;
  SAYA_TRY(run.maps, program::create_maps(object, {.nr_cpus = cpus, .hash_key = 1}));
  SAYA_TRY(run.program, link_by_name(object, pkt.program, run.maps));
  for (const PktCase::Element& element : pkt.elements) {
    const MapPtr map = find_map(run.maps, element.map);
    if (!map) return needs(fmt::format("{} has no map '{}'", pkt.object, element.map));
    SAYA_CHECK(set_element(*map, element));
  }
  for (const PktCase::Slot& slot : pkt.slots) {
    const MapPtr map = find_map(run.maps, slot.map);
    if (!map) return needs(fmt::format("{} has no map '{}'", pkt.object, slot.map));
    SAYA_TRY(program::ProgramPtr target, link_by_name(object, slot.program, run.maps));
    run.tail_calls.push_back({.map = map, .index = slot.index, .program = std::move(target)});
  }
  return run;
}

Result<std::string> outcome_in_saya(const PktCase& pkt, const std::string& objects) {
  SAYA_TRY(const PktRun run, prepare(pkt, objects));
  return joined(run_in_saya(run.program, pkt.input, run.tail_calls), run.maps, nullptr);
}

Result<std::string> outcome_in_kernel(const PktCase& pkt, const std::string& objects) {
  SAYA_TRY(const PktRun run, prepare(pkt, objects));
  kernel::Session session;
  for (const MapPtr& map : run.maps) SAYA_CHECK(session.add_map(map));
  return joined(run_in_kernel(session, *run.program, pkt.input, run.tail_calls), run.maps, &session);
}

}  // namespace saya::tests
