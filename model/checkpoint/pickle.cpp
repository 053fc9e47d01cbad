// What the nodes of a pickle are called, and how a dictionary is read.
#include "model/checkpoint/pickle.h"

#include <array>

namespace carryscope::model {

std::string_view kind_name(PickleNode::Kind kind) {
  constexpr std::array<std::string_view, 11> kNames = {"None",   "truth value", "integer", "number",
                                                       "text",   "tuple",       "list",    "dictionary",
                                                       "global", "storage",     "tensor"};
  return kNames[static_cast<std::size_t>(kind)];
}

const PickleNode* Pickle::find(const PickleNode& dict, std::string_view key) const {
  const PickleNode* found = nullptr;
  for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    const PickleNode& candidate = at(dict.items[i]);
    if (candidate.kind == PickleNode::Kind::text && candidate.text == key) found = &at(dict.items[i + 1]);
  }
  return found;
}

}  // namespace carryscope::model
