#include "cli/failure.h"

#include <fmt/format.h>

namespace carryscope::cli {

std::string to_text(const model::Failure& failure) {
  const std::string answer = failure.prediction
                                 ? fmt::format("{} (error {}{})", *failure.prediction,
                                               *failure.prediction > failure.sum ? "+" : "", failure.error())
                                 : "no number";
  return fmt::format("{} + {} = {}, the model says {}; cascade S{}", failure.pair.a, failure.pair.b,
                     failure.sum, answer, failure.cascade);
}

nlohmann::json to_json(const model::Failure& failure) {
  using nlohmann::json;
  json row{{"a", failure.pair.a},
           {"b", failure.pair.b},
           {"sum", failure.sum},
           {"cascade", failure.cascade},
           {"first_wrong_step", failure.first_wrong_step},
           {"tokens", failure.tokens}};
  row["prediction"] = failure.prediction ? json(*failure.prediction) : json(nullptr);
  row["error"] = failure.prediction ? json(failure.error()) : json(nullptr);
  return row;
}

}  // namespace carryscope::cli
