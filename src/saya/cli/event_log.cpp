// --events.
#include "cli/event_log.h"

#include <fmt/format.h>

#include <cerrno>
#include <utility>

#include "cli/output.h"

namespace saya::cli {

using run::Json;

Result<EventLog> EventLog::open(const std::string& file, bool json, std::FILE* out) {
  EventLog log;
  log.json_ = json;
  log.listens_ = !file.empty();
  log.to_ = json ? nullptr : out;
  if (json && file == "-") {
    SAYA_TRY(log.list_, JsonSpool::open());
  }
  if (file.empty() || file == "-") return log;
  log.file_.reset(std::fopen(file.c_str(), "we"));
  if (!log.file_) return fail_errno(fmt::format("--events {}: cannot be written", file), errno);
  log.name_ = file;
  log.to_ = log.file_.get();
  return log;
}

void EventLog::trace(uint64_t packet, std::string_view line) {
  if (!json_ || !listens_) {
    const std::string place = packet ? fmt::format("#{} ", packet) : "";
    return print(fmt::format("{}trace: {}\n", place, line), json_ ? stderr : to_);
  }
  Json json = Json::object();
  if (packet) json["packet"] = packet;
  json["trace"] = line;
  add(std::move(json));
}

void EventLog::event(const run::Event& event) { json_ ? add(to_json(event)) : print(to_text(event), to_); }

void EventLog::add(Json json) {
  if (to_)
    print(json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n", to_);
  else
    list_->add(json);
}

Result<> EventLog::close() {
  if (!file_) return {};
  errno = 0;
  const bool failed = std::ferror(file_.get()) != 0;
  if (std::fclose(file_.release()) == 0 && !failed) return {};
  return fail_errno(fmt::format("write {}", name_), errno ? errno : EIO);
}

}  // namespace saya::cli
