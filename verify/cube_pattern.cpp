#include "verify/cube_pattern.h"

#include <cctype>

#include <fmt/format.h>

#include "model/error.h"

namespace carryscope::verify {
namespace {

class Reader {
 public:
  Reader(const std::string& text, int digits) : text_(text), cube_(Cube::everything(digits)) {}

  Cube read() {
    for (skip_spaces(); at_ < text_.size(); skip_spaces()) read_row();
    return cube_;
  }

 private:
  [[noreturn]] void refuse(const std::string& expected) const {
    throw model::InputError(
        fmt::format("the pattern '{}', character {}: expected {}", text_, at_ + 1, expected));
  }

  char next() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_spaces() {
    while (next() == ' ') ++at_;
  }

  void read_row() {
    const char name = next();
    const std::size_t known = std::string_view("abcs").find(name);
    if (name == '\0' || known == std::string_view::npos) refuse("a=, b=, s= or c=");
    if (seen_[known]) refuse(std::string(1, name) + " only once");
    seen_[known] = true;
    ++at_;
    if (next() != '=') refuse("'='");
    ++at_;
    const int places = cube_.digits + (name == 's' || name == 'c' ? 1 : 0);
    for (int place = places - 1; place >= 0; --place) put(name, static_cast<std::size_t>(place), read_set());
    if (at_ < text_.size() && next() != ' ')
      refuse("a space behind the " + std::to_string(places) + " places of " + name);
  }

  // Only what the cube allows anyhow: the last digit of a sum is 0 or 1, a carry too, the first is 0.
  void put(char name, std::size_t place, Digits set) {
    if (name == 'a') cube_.a[place] &= set;
    if (name == 'b') cube_.b[place] &= set;
    if (name == 's') cube_.s[place] &= set;
    if (name == 'c') cube_.c[place] = static_cast<std::uint8_t>(cube_.c[place] & set);
  }

  int read_digit() {
    if (!std::isdigit(static_cast<unsigned char>(next()))) refuse("a digit");
    return text_[at_++] - '0';
  }

  Digits read_set() {
    if (next() == '.' || next() == '*') {
      ++at_;
      return kAnyDigit;
    }
    if (next() != '[') {
      if (!std::isdigit(static_cast<unsigned char>(next()))) refuse("a digit, '.' or '[' for each place");
      return only(read_digit());
    }
    ++at_;
    Digits set = 0;
    do {
      const int first = read_digit();
      int last = first;
      if (next() == '-') {
        ++at_;
        last = read_digit();
        if (last < first) refuse("a range that goes up, such as [0-3]");
      }
      for (int digit = first; digit <= last; ++digit) set |= only(digit);
    } while (next() != ']');
    ++at_;
    return set;
  }

  const std::string& text_;
  std::size_t at_ = 0;
  std::array<bool, 4> seen_{};
  Cube cube_;
};

}  // namespace

Cube parse_pattern(const std::string& text, int digits) { return Reader(text, digits).read(); }

}  // namespace carryscope::verify
