// Whole files or nothing: a reader, a crash or a full disk never sees half of one.
#pragma once

#include <string>
#include <string_view>

namespace carryscope::model {

// Writes a temporary beside `path`, fsyncs it, renames it over `path` and fsyncs the folder.
// What stood at `path` stays as it was until the rename; on failure the temporary is removed and
// InputError says what failed and what to do.
void write_file(const std::string& path, std::string_view bytes);

}  // namespace carryscope::model
