// The reader of seeds.h.
#include "cli/seeds.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "model/error.h"

namespace carryscope::cli {
namespace {

[[noreturn]] void reject_seeds(const std::string& text) {
  throw model::InputError(fmt::format(
      "--seeds: '{}' is not understood; expected numbers and ranges such as 0-55 or 1,3,10-20", text));
}

std::uint64_t number(std::string_view text, const std::string& all) {
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size()) reject_seeds(all);
  return value;
}

}  // namespace

std::vector<std::uint64_t> parse_seeds(const std::string& text) {
  constexpr std::uint64_t kMost = 1'000'000;
  std::vector<std::uint64_t> seeds;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string_view item = std::string_view(text).substr(at, end - at);
    at = end + 1;
    const std::size_t dash = std::min(item.find('-'), item.size());
    const std::uint64_t first = number(item.substr(0, dash), text);
    const std::uint64_t last = dash == item.size() ? first : number(item.substr(dash + 1), text);
    if (last < first || last - first > kMost) reject_seeds(text);
    for (std::uint64_t seed = first; seed <= last; ++seed) seeds.push_back(seed);
  }
  return seeds;
}

}  // namespace carryscope::cli
