#include "verify/query/words.h"

#include <fmt/format.h>

#include "model/error.h"

namespace carryscope::verify::query {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

Integer power(int exponent) { return exponent == 0 ? 1 : 10 * power(exponent - 1); }

void Words::fail_at(std::size_t at, const std::string& complaint) const {
  const std::string rest = text_.substr(std::min(at, text_.size()), 12);
  throw model::InputError(fmt::format("--where, character {} ({}): {}", at + 1,
                                      rest.empty() ? "the end" : "'" + rest + "'", complaint));
}

void Words::skip() {
  while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) ++at_;
  start_ = at_;
}

bool Words::at_end() {
  skip();
  return at_ == text_.size();
}
bool Words::at_digit() { return !at_end() && is_digit(text_[at_]); }
bool Words::at_letter() { return !at_end() && is_letter(text_[at_]); }
bool Words::ahead(std::string_view text) { return !at_end() && text_.compare(at_, text.size(), text) == 0; }

bool Words::take(std::string_view word) {
  if (!ahead(word)) return false;
  const std::size_t end = at_ + word.size();
  if (is_letter(word[0]) && end < text_.size() && (is_letter(text_[end]) || is_digit(text_[end])))
    return false;
  at_ = end;
  return true;
}

void Words::expect(std::string_view word) {
  if (!take(word)) fail(fmt::format("expected '{}'", word));
}

std::string Words::name() {
  skip();
  std::string word;
  while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) word += text_[at_++];
  return word;
}

Integer Words::literal() {
  skip();
  Integer number = 0;
  for (; at_ < text_.size() && is_digit(text_[at_]); ++at_)
    number = bounded(10 * number + (text_[at_] - '0'));
  return number;
}

Integer Words::bounded(Integer x) const {
  if (x > power(21) || x < -power(21)) fail_word("the number is too large; 10^21 is the largest");
  return x;
}

}  // namespace carryscope::verify::query
