// Bytes in the form in which a page carries them: gzip, and base64 of it.
#pragma once

#include <string>
#include <string_view>

namespace carryscope::reports {

std::string gzip(std::string_view bytes);  // without name and time: the same bytes give the same result
std::string base64(std::string_view bytes);

}  // namespace carryscope::reports
