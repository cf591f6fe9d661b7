// A JSON list that may be longer than memory.
#pragma once

#include <cstdio>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "run/value_json.h"

namespace saya::cli {

/// Keeps its elements in a temporary file until they can be printed.
class JsonSpool {
 public:
  static Result<JsonSpool> open();

  void add(const run::Json& element);
  /// Writes `,\n  "NAME": [...]`, as a member that is not the first of an object that run::Json lays out with two
  /// blanks. What the disk refused is an error. Call it last.
  Result<> print_member(std::string_view name, std::FILE* to);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  explicit JsonSpool(std::FILE* file) : file_(file) {}
  Result<> copy(std::FILE* to);

  std::unique_ptr<std::FILE, Close> file_;
  bool empty_ = true;
};

}  // namespace saya::cli
