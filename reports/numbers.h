// Counts and rates as a reader wants them: counts of pairs are decimal text in records, up to 10^36.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace carryscope::reports {

using Count = unsigned __int128;

// Throws nlohmann's type_error or BadRecord where the field is no decimal text of at most 38 digits.
Count count(const nlohmann::json& decimal);

std::string plain(Count value);              // 12345
std::string grouped(Count value);            // 12,345
std::string signed_grouped(__int128 value);  // +12,345, -100, 0

// part / whole. As text: every digit where whole is a power of ten ("0.9999614215"), "1", "0", else 6 digits.
double ratio(Count part, Count whole);
std::string share(Count part, Count whole);

std::string power_of_ten(Count value);             // "10²⁰" where it is one, else grouped
std::string one_in(Count part, Count whole);       // "one in 25,921"; part > 0
std::string number(double value, int digits = 4);  // %g; "none" where it is not finite

// How many times `name` is there: "1 step", "11 steps".
std::string counted(std::size_t n, std::string_view name);

}  // namespace carryscope::reports
