#include "reports/numbers.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "reports/error.h"

namespace carryscope::reports {

Count count(const nlohmann::json& decimal) {
  const auto& text = decimal.get_ref<const std::string&>();
  const bool digits = std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (text.empty() || text.size() > 38 || !digits)
    throw BadRecord(fmt::format("'{}' is no count of pairs; expected at most 38 decimal digits", text));
  Count value = 0;
  for (const char c : text) value = value * 10 + static_cast<Count>(c - '0');
  return value;
}

std::string plain(Count value) {
  std::string text;
  do {
    text += static_cast<char>('0' + static_cast<int>(value % 10));
    value /= 10;
  } while (value > 0);
  std::ranges::reverse(text);
  return text;
}

std::string grouped(Count value) {
  std::string text = plain(value);
  for (std::size_t left = text.size(); left > 3; left -= 3) text.insert(left - 3, 1, ',');
  return text;
}

std::string signed_grouped(__int128 value) {
  if (value == 0) return "0";
  return value < 0 ? "-" + grouped(static_cast<Count>(-value)) : "+" + grouped(static_cast<Count>(value));
}

double ratio(Count part, Count whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string share(Count part, Count whole) {
  if (part == 0) return "0";
  if (part == whole) return "1";
  const std::string power = plain(whole);
  if (power.find_first_not_of('0', 1) != std::string::npos || power[0] != '1')
    return fmt::format("{:.6g}", ratio(part, whole));
  std::string digits = plain(part);
  digits.insert(0, power.size() - 1 - digits.size(), '0');
  return "0." + digits.substr(0, digits.find_last_not_of('0') + 1);
}

std::string power_of_ten(Count value) {
  const std::string text = plain(value);
  if (value < 1000 || text[0] != '1' || text.find_first_not_of('0', 1) != std::string::npos)
    return grouped(value);
  constexpr const char* kRaised[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string out = "10";
  for (const char digit : std::to_string(text.size() - 1)) out += kRaised[digit - '0'];
  return out;
}

std::string one_in(Count part, Count whole) {
  ensure(part > 0, "one in how many needs at least one");
  return "one in " + grouped((whole + part / 2) / part);
}

std::string number(double value, int digits) {
  return std::isfinite(value) ? fmt::format("{:.{}g}", value, digits) : "none";
}

std::string counted(std::size_t n, std::string_view name) {
  return fmt::format("{} {}{}", grouped(n), name, n == 1 ? "" : "s");
}

}  // namespace carryscope::reports
