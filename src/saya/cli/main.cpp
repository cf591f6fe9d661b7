// main of saya.
#include <algorithm>
#include <string>
#include <vector>

#include "cli/output.h"
#include "cli/words.h"

namespace saya::cli {
namespace {

bool is_help(const std::string& word) { return word == "--help" || word == "-h" || word == "help"; }
bool is_version(const std::string& word) { return word == "--version" || word == "-V"; }

int run_command(std::vector<std::string> words) {
  std::ranges::replace_if(words, is_version, "version");
  const auto invocation = parse_words(words);
  if (invocation) return invocation->command.handler(*invocation);
  // Whoever asks for help among words that are no command yet gets all there is: "saya obj --help", "saya -j --help".
  if (std::ranges::any_of(words, is_help)) {
    print(help());
    return kOk;
  }
  complain(invocation.error().message);
  return kUsage;
}

}  // namespace
}  // namespace saya::cli

int main(int argc, char** argv) {
  saya::cli::guard_standard_streams();
  return saya::cli::finish_output(saya::cli::run_command({argv + 1, argv + argc}));
}
