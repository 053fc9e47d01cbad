// A wrong pair as the subcommands that decode pairs show it.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "model/evaluate.h"

namespace carryscope::cli {

// "5 + 7 = 12, the model says 22 (error +10); cascade S1"
std::string to_text(const model::Failure& failure);

// {"a", "b", "sum", "prediction", "error", "cascade", "first_wrong_step", "tokens"}; prediction and error are
// null where some generated token is no digit.
nlohmann::json to_json(const model::Failure& failure);

}  // namespace carryscope::cli
