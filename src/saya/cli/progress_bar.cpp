// Drawn over itself, ten times a second.
#include "cli/progress_bar.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>

#include "cli/output.h"

namespace saya::cli {
namespace {

constexpr size_t kWidth = 40;
constexpr Nanoseconds kPatience = 1'000'000'000;  ///< Short runs have none.
constexpr Nanoseconds kEvery = 100'000'000;

}  // namespace

ProgressBar::ProgressBar(bool wanted, const Clock& clock)
    : clock_(clock), shown_(wanted && ::isatty(STDERR_FILENO) != 0), due_(clock_.now() + kPatience) {}

void ProgressBar::draw(uint64_t packets, double played) {
  if (!shown_ || clock_.now() < due_) return;
  due_ = clock_.now() + kEvery;
  drawn_ = true;
  const auto full = static_cast<size_t>(std::clamp(played, 0.0, 1.0) * kWidth);
  const std::string bar =
      played < 0 ? "" : fmt::format(" [{:<{}}] {:3.0f} %", std::string(full, '='), kWidth, played * 100);
  print(fmt::format("\r\x1b[Ksaya:{} {} packets", bar, packets), stderr);
}

void ProgressBar::clear() {
  if (std::exchange(drawn_, false)) print("\r\x1b[K", stderr);
}

}  // namespace saya::cli
