// Decimal digits of number_text.h.
#include "verify/number_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "model/error.h"

namespace carryscope::verify {
namespace {

// The decimal digits of a number with what was cut off its end rounded away from zero.
std::string increment(std::string digits) {
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    if (*digit == '.') continue;
    if (*digit != '9') return ++*digit, digits;
    *digit = '0';
  }
  return "1" + digits;
}

}  // namespace

std::string grouped(Count value) {
  std::string text = to_string(value);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

std::string fraction(Count part, Count whole, Towards towards) {
  model::ensure(part <= whole && whole <= all_pairs(model::kMaxDigits), "a part of at most 10^36");
  if (part == 0 || part == whole) return part == 0 ? "0" : "1";
  std::string digits;  // after the decimal point, by long division; 5 behind at most 36 zeros or nines
  Count rest = part;
  for (int i = 0; i < 42; ++i) {
    rest *= 10;
    digits += static_cast<char>('0' + static_cast<int>(rest / whole));
    rest %= whole;
  }
  const std::size_t zeros = digits.find_first_not_of('0'), nines = digits.find_first_not_of('9');
  const std::size_t kept = std::max(zeros, nines) + 5;
  const bool cut = rest != 0 || digits.find_first_not_of('0', kept) != std::string::npos;
  std::string text = "0." + digits.substr(0, kept);
  if (cut && towards == Towards::above) text = increment(text);
  text.erase(text.find_last_not_of('0') + 1);
  const std::size_t first = text.find_first_not_of('0', 2);
  if (first < 6) return text;
  const std::string more = text.substr(first + 1);
  return fmt::format("{}{}{}e-{:02}", text[first], more.empty() ? "" : ".", more, first - 1);
}

std::string decimal(double x, int decimals, Towards towards) {
  model::ensure(std::isfinite(x), "a finite number has a decimal expansion");
  constexpr int kAll = 1074;  // no double has more decimals
  std::array<char, kAll + 320> buffer;
  const auto [end, problem] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(x),
                                            std::chars_format::fixed, kAll);
  model::ensure(problem == std::errc{}, "every double has at most 309 digits before the point");
  const std::string all(buffer.data(), end);
  std::string text = all.substr(0, all.size() - static_cast<std::size_t>(kAll - decimals));
  const bool cut = all.find_first_not_of('0', text.size()) != std::string::npos;
  const bool negative = std::signbit(x) && x != 0.0;
  if (cut && negative == (towards == Towards::below)) text = increment(text);
  return negative && text.find_first_not_of("0.") != std::string::npos ? "-" + text : text;
}

}  // namespace carryscope::verify
