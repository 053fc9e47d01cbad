#include "model/error.h"

#include <fmt/format.h>

namespace carryscope::model {

void report_broken(std::string_view invariant, const std::source_location& where) {
  throw BrokenInvariant(fmt::format("internal error at {}:{} ({}): it must hold that {}", where.file_name(),
                                    where.line(), where.function_name(), invariant));
}

}  // namespace carryscope::model
