// Token roles: what a token is to the step that reads it, and how to cut all tokens of a role from a step.
#pragma once

#include "analysis/ablated.h"

namespace carryscope::analysis {

struct TokenRole {
  std::string_view name;
  bool (*holds)(const model::Slot& slot, int place);  // to the step that generates the sum's digit at `place`
};
std::span<const TokenRole> token_roles();  // each position has exactly one

// Positions that hold a token of the role for the query state, and of those, with `of_digits`, only such as
// hold any digit.
std::vector<int> positions_of(const verify::Attended& read, const model::Layout& layout,
                              const TokenRole& role, bool of_digits);

// Cuts the tokens of the role from query states of one step or of several; whether that is anything at all.
// The pairs of `standing` stand for them (cut_key).
bool cut_role(std::vector<verify::Attended>& states, const model::Layout& layout, const TokenRole& role,
              const KeyAblation& how, const verify::Cube& standing);
bool cut_role(std::vector<verify::Attended>& states, const model::Layout& layout, const TokenRole& role,
              const KeyAblation& how);  // all pairs do

}  // namespace carryscope::analysis
