// Plays the transcripts of tests/cli/: runs each command as a child process, without a shell, and holds what it prints
// and its exit code to what the transcript says. The format is explained in tests/cli/README.md.
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <regex>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace saya {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

const fs::path kSource = SAYA_SOURCE_DIR;
const fs::path kBuild = SAYA_BINARY_DIR;

/// One command and what is expected of it.
struct Step {
  size_t line = 0;  ///< Where it stands in the transcript.
  std::string command;
  std::string input;
  Lines output, errors;
  int exit = 0;
};

struct Outcome {
  Lines output, errors;
  int exit = 0;
};

// --- Text ------------------------------------------------------------------------------------------------------------

Lines split_lines(const std::string& text) {
  Lines lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

Lines without_last_blanks(Lines lines) {
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

/// Puts the paths of this build in the place of their names.
std::string with_paths(std::string text, const fs::path& scratch) {
  replace_all(text, "{bpf}", (kBuild / "bpf").string());
  replace_all(text, "{captures}", (kSource / "tests/captures").string());
  replace_all(text, "{saya}", (kBuild / "bin/saya").string());
  replace_all(text, "{source}", kSource.string());
  replace_all(text, "{tmp}", scratch.string());
  return text;
}

std::string escape_regex(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != ' ') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

bool line_matches(const std::string& pattern, const std::string& line) {
  if (pattern == line) return true;
  if (!pattern.contains('{')) return false;
  std::string regex = escape_regex(pattern);
  replace_all(regex, R"(\{hex\})", "[0-9a-f]+");
  replace_all(regex, R"(\{number\})", "[0-9]+(\\.[0-9]+)?");
  replace_all(regex, R"(\{any\})", ".*");
  return std::regex_match(line, std::regex(regex));
}

/// Whether `lines` are what `patterns` say, where "..." stands for any number of lines. Of several "...", each is as
/// short as can be: if that does not lead to the end, nothing does.
bool lines_match(const Lines& patterns, const Lines& lines) {
  size_t pattern = 0, line = 0;
  size_t after_dots = patterns.size() + 1, retry = 0;  // Where to go on when a line does not match.
  while (line < lines.size()) {
    if (pattern < patterns.size() && patterns[pattern] == "...") {
      after_dots = ++pattern;
      retry = line;
    } else if (pattern < patterns.size() && line_matches(patterns[pattern], lines[line])) {
      ++pattern;
      ++line;
    } else if (after_dots <= patterns.size()) {
      pattern = after_dots;
      line = ++retry;
    } else {
      return false;
    }
  }
  while (pattern < patterns.size() && patterns[pattern] == "...") ++pattern;
  return pattern == patterns.size();
}

// --- Transcripts -----------------------------------------------------------------------------------------------------

std::optional<int> exit_code_of(std::string_view text) {
  if (text.size() < 3 || text.front() != '[' || text.back() != ']') return std::nullopt;
  const std::string digits(text.substr(1, text.size() - 2));
  if (!std::ranges::all_of(digits, [](unsigned char c) { return std::isdigit(c); })) return std::nullopt;
  return std::stoi(digits);
}

/// One line of a command's block, without its indentation.
void add_line(Step& step, const std::string& text) {
  if (text.starts_with("< "))
    step.input += text.substr(2) + "\n";
  else if (text == "!" || text.starts_with("! "))
    step.errors.push_back(text.substr(std::min<size_t>(text.size(), 2)));
  else if (const auto exit = exit_code_of(text))
    step.exit = *exit;
  else
    step.output.push_back(text);
}

std::vector<Step> parse_transcript(const std::string& text) {
  constexpr std::string_view kIndent = "  ";
  std::vector<Step> steps;
  bool in_block = false;
  size_t number = 0, blank = 0;  // Blank lines count as output only when more output follows.
  for (const std::string& line : split_lines(text)) {
    ++number;
    if (line.empty()) {
      ++blank;
      continue;
    }
    const bool indented = line.starts_with(kIndent);
    const std::string content = indented ? line.substr(kIndent.size()) : "";
    if (content.starts_with("$ ")) {
      steps.push_back({.line = number, .command = content.substr(2), .input = {}, .output = {}, .errors = {}});
    } else if (indented && in_block) {
      if (!content.starts_with("! ") && !exit_code_of(content))
        steps.back().output.insert(steps.back().output.end(), blank, "");
      add_line(steps.back(), content);
    }
    in_block = indented && !steps.empty();
    blank = 0;
  }
  return steps;
}

/// Splits at blanks; single quotes keep a word together.
Lines split_words(const std::string& command) {
  Lines words;
  bool quoted = false, in_word = false;
  for (const char c : command) {
    if (!quoted && c == ' ') {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (c == '\'')
      quoted = !quoted;
    else
      words.back() += c;
  }
  return words;
}

// --- Child processes -------------------------------------------------------------------------------------------------

int run_child(const Lines& words, const fs::path& input, const fs::path& output, const fs::path& errors) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  constexpr int kWrite = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, input.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, output.c_str(), kWrite, 0600);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, errors.c_str(), kWrite, 0600);
  pid_t child = 0;
  const int failure = posix_spawnp(&child, arguments[0], &files, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  if (failure) {
    ADD_FAILURE() << "cannot start " << words.front() << ": " << strerror(failure);
    return -1;
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);  // As shells say it.
}

/// Runs the step's command: "saya" is the one of this build, other words are programs of the machine.
Outcome play(const Step& step, const fs::path& scratch) {
  const fs::path input = scratch / ".input", errors = scratch / ".errors";
  fs::path output = scratch / ".output";
  Lines words = split_words(with_paths(step.command, scratch));
  const bool redirected = words.size() > 2 && words[words.size() - 2] == ">";
  if (redirected) {
    output = words.back();
    words.resize(words.size() - 2);
  }
  if (words.front() == "saya") words.front() = (kBuild / "bin/saya").string();
  std::ofstream(input) << step.input;
  Outcome outcome;
  outcome.exit = run_child(words, input, output, errors);
  if (!redirected) outcome.output = without_last_blanks(split_lines(read(output)));
  outcome.errors = split_lines(read(errors));
  return outcome;
}

/// The outcome as a transcript would have it.
std::string to_text(const Outcome& outcome) {
  std::string text;
  for (const std::string& line : outcome.output) text += line.empty() ? "\n" : "  " + line + "\n";
  for (const std::string& line : outcome.errors) text += "  ! " + line + "\n";
  if (outcome.exit) text += fmt::format("  [{}]\n", outcome.exit);
  return text;
}

void expect_step(const Step& step, const fs::path& file, const fs::path& scratch) {
  const auto patterns = [&](Lines lines) {
    for (std::string& line : lines) line = with_paths(line, scratch);
    return lines;
  };
  const Outcome outcome = play(step, scratch);
  const bool same = outcome.exit == step.exit && lines_match(patterns(step.output), outcome.output) &&
                    lines_match(patterns(step.errors), outcome.errors);
  EXPECT_TRUE(same) << file.string() << ":" << step.line << ": $ " << step.command << "\ngave\n" << to_text(outcome);
}

// --- One test for each file ------------------------------------------------------------------------------------------

std::vector<fs::path> transcripts() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(kSource / "tests/cli"))
    if (entry.path().extension() == ".cli") files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

class Transcript : public testing::TestWithParam<fs::path> {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "saya_cli_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr) << pattern;
    scratch_ = pattern;
  }
  void TearDown() override { fs::remove_all(scratch_); }

  fs::path scratch_;
};

TEST_P(Transcript, SaysWhatHappens) {
  const std::vector<Step> steps = parse_transcript(read(GetParam()));
  ASSERT_FALSE(steps.empty()) << GetParam() << " has no command: they stand behind two blanks and a dollar sign";
  for (const Step& step : steps) expect_step(step, GetParam(), scratch_);
}

std::string name_of(const testing::TestParamInfo<fs::path>& file) {
  std::string name = file.param.stem().string();
  std::ranges::replace_if(name, [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Cli, Transcript, testing::ValuesIn(transcripts()), name_of);

}  // namespace
}  // namespace saya
