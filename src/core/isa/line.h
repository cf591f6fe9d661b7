// One line of assembly text as a row of words, and a cursor that takes them off one by one.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "isa/insn.h"

namespace saya::isa {

/// A register as written: "r3" is 64 bits of register 3, "w3" its lower 32.
struct Register {
  uint8_t number = 0;
  Width width = Width::w64;
};

/// The words of a line without blanks and comment, consumed from the left. Borrows the text. Every error names the
/// word that did not fit.
class Line {
 public:
  explicit Line(std::string_view text);

  bool at_end() const { return at_ == words_.size(); }
  /// The word `ahead` places on, or "" beyond the end.
  std::string_view peek(size_t ahead = 0) const { return at_ + ahead < words_.size() ? words_[at_ + ahead] : ""; }
  /// The next word, whatever it is.
  std::string_view next() { return at_end() ? "" : words_[at_++]; }
  /// Takes the next word if it is `word`.
  bool take(std::string_view word);

  Result<> expect(std::string_view word);
  Result<> expect_end();
  Result<Register> any_register();
  /// A register that must be written with the given width: 'r' for w64, 'w' for w32.
  Result<uint8_t> expect_register(Width width = Width::w64);
  /// A number with an optional sign, decimal or 0x hexadecimal, within low..high (low <= 0 <= high).
  Result<int64_t> number(int64_t low, int64_t high);
  /// The same for 64 bits: -2^63..2^64-1, the upper half of the unsigned range wrapping.
  Result<int64_t> number64();
  /// 32 bits, sign-extended; hexadecimal may also be written as the unsigned bits (0xffffffff is -1).
  Result<int64_t> number32();

  /// "expected WHAT" at the next word.
  std::unexpected<Error> expected(std::string_view what) const;

 private:
  struct Literal {
    bool negative = false;
    bool hexadecimal = false;
    uint64_t magnitude = 0;
  };
  Result<Literal> literal();

  std::vector<std::string_view> words_;
  size_t at_ = 0;
};

/// Whether `word` can name a label, a helper or a register: a letter or underscore, then also digits, dots and dollars.
bool is_name(std::string_view word);

}  // namespace saya::isa
