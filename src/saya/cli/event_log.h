// Where the events and the trace lines of a run go.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/json_spool.h"
#include "run/events.h"

namespace saya::cli {

/// A file, the report (JSON on standard output), or lines among the others.
class EventLog {
 public:
  /// `file` is empty without --events, "-" where it names none. `out` is for lines.
  static Result<EventLog> open(const std::string& file, bool json, std::FILE* out);

  void trace(uint64_t packet, std::string_view line);
  void event(const run::Event& event);

  /// The list for the report; null if it does not go there.
  JsonSpool* list() { return list_ ? &*list_ : nullptr; }
  /// What the disk refused.
  Result<> close();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  void add(run::Json json);

  bool json_ = false;
  bool listens_ = false;
  std::FILE* to_ = nullptr;  ///< Null: list_.
  std::unique_ptr<std::FILE, Close> file_;
  std::string name_;  ///< Of the file; empty where there is none.
  std::optional<JsonSpool> list_;
};

}  // namespace saya::cli
