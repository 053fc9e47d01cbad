#include "model/error.h"

#include <fmt/format.h>

namespace carryscope::model {

void report_broken(std::string_view invariant, const CallSite& where) {
  throw BrokenInvariant(fmt::format("internal error at {}:{} ({}): it must hold that {}", where.file,
                                    where.line, where.function, invariant));
}

}  // namespace carryscope::model
