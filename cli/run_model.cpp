#include "cli/run_model.h"

#include <filesystem>

namespace carryscope::cli {

std::string model_of_run(const std::string& folder) {
  for (const char* name : {"repaired.pt", "best.pt"}) {
    const auto file = std::filesystem::path(folder) / name;
    if (std::filesystem::exists(file)) return file.string();
  }
  return "";
}

}  // namespace carryscope::cli
