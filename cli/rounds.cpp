// The list of rounds.h.
#include "cli/rounds.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "model/error.h"

namespace carryscope::cli {
namespace {

template <class Number>
bool read(std::string_view text, Number& value) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  return problem == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::vector<train::FinetuneRound> parse_rounds(const std::string& text) {
  std::vector<train::FinetuneRound> rounds;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string_view item = std::string_view(text).substr(at, end - at);
    at = end + 1;
    const std::size_t colon = std::min(item.find(':'), item.size());
    train::FinetuneRound round;
    if (!read(item.substr(0, colon), round.rate) || colon == item.size() ||
        !read(item.substr(colon + 1), round.steps))
      throw model::InputError(fmt::format(
          "--rounds: '{}' is not understood; expected rate:steps, such as 1e-3:100000,3e-4:50000", item));
    rounds.push_back(round);
  }
  return rounds;
}

}  // namespace carryscope::cli
