// Words: the text of a condition, taken word by word; what is wrong names the character.
#pragma once

#include <string>
#include <string_view>

#include "verify/query/readers.h"

namespace carryscope::verify::query {

class Words {
 public:
  // The text must outlive this.
  explicit Words(const std::string& text) : text_(text) {}

  // Throws InputError at the next character; where the word taken last begins.
  [[noreturn]] void fail(const std::string& complaint) const { fail_at(at_, complaint); }
  [[noreturn]] void fail_word(const std::string& complaint) const { fail_at(start_, complaint); }

  bool at_end();
  bool at_digit();
  bool at_letter();
  bool ahead(std::string_view text);  // without taking it

  bool take(std::string_view word);
  void expect(std::string_view word);
  std::string name();                // letters and digits; empty where there are none
  Integer literal();                 // digits
  Integer bounded(Integer x) const;  // of at most 22 digits

 private:
  [[noreturn]] void fail_at(std::size_t at, const std::string& complaint) const;
  void skip();

  const std::string& text_;
  std::size_t at_ = 0, start_ = 0;  // of the word taken last
};

Integer power(int exponent);  // of ten

}  // namespace carryscope::verify::query
