// Lists of seeds on the command line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace carryscope::cli {

// Numbers and ranges: 0-55 or 1,3,10-20. Throws InputError.
std::vector<std::uint64_t> parse_seeds(const std::string& text);

}  // namespace carryscope::cli
