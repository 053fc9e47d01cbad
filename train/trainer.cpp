// What a state must hold to be resumed from.
#include "train/trainer.h"

#include <algorithm>

#include <fmt/format.h>

#include "model/error.h"

namespace carryscope::train {

using model::InputError;

State accepted(State state, const model::Config& config, int population, const std::string& where) {
  if (state.members.size() != static_cast<std::size_t>(population))
    throw InputError(fmt::format("{}: holds {} models, expected {}; resume with the run's own seeds", where,
                                 state.members.size(), population));
  if (state.step < 0) throw InputError(fmt::format("{}: step is {}, expected 0 or more", where, state.step));
  for (std::size_t i = 0; i < state.members.size(); ++i) {
    MemberState& member = state.members[i];
    if (!(member.parameters.config == config))
      throw InputError(fmt::format(
          "{}: model {} has another configuration than this run; resume with the run's own preset", where,
          i));
    const auto ordered = [&](std::vector<model::Tensor>& tensors, const char* what) {
      tensors = model::assemble(config, model::Precision::float32, std::move(tensors),
                                fmt::format("{}: {} of model {}", where, what, i))
                    .tensors;
    };
    ordered(member.parameters.tensors, "parameters");
    ordered(member.first, "first moments");
    ordered(member.second, "second moments");
    for (const model::Tensor& t : member.second)
      if (std::any_of(t.values.begin(), t.values.end(), [](double v) { return v < 0; }))
        throw InputError(
            fmt::format("{}: second moments of model {}: tensor {} is below 0 somewhere, expected "
                        "0 or more; the file is damaged",
                        where, i, t.name));
  }
  return state;
}

}  // namespace carryscope::train
