// The model that a training run's folder is about.
#pragma once

#include <string>

namespace carryscope::cli {

// repaired.pt, else best.pt; empty where the folder has neither.
std::string model_of_run(const std::string& folder);

}  // namespace carryscope::cli
