// What commands print. Standard output may be a full disk or a closed pipe: nobody may lose a report without a word.
#pragma once

#include <cstdio>
#include <string_view>

#include "cli/command.h"

namespace saya::cli {

/// Takes the numbers of closed standard streams, so that no file that is opened later gets one of them, in a way that
/// using the stream fails. Call first.
void guard_standard_streams();

/// Writes all of `text`; what fails shows in finish_output().
void print(std::string_view text, std::FILE* to = stdout);

/// One line on standard error: "saya: " and the sentence, printable whatever names are in it.
void complain(std::string_view sentence);

/// Flushes standard output. `code`, or kFailed after a sentence when not all of it could be written. Call last.
int finish_output(int code);

}  // namespace saya::cli
