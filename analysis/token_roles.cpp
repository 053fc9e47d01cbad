#include "analysis/token_roles.h"

namespace carryscope::analysis {
namespace {

using model::Role, model::Slot;

std::size_t index(int i) { return static_cast<std::size_t>(i); }

constexpr TokenRole kRoles[] = {
    {"a_t", [](const Slot& s, int t) { return s.role == Role::a && s.place == t; }},
    {"b_t", [](const Slot& s, int t) { return s.role == Role::b && s.place == t; }},
    {"a_t-1", [](const Slot& s, int t) { return s.role == Role::a && s.place == t - 1; }},
    {"b_t-1", [](const Slot& s, int t) { return s.role == Role::b && s.place == t - 1; }},
    {"s_t-1", [](const Slot& s, int t) { return s.role == Role::sum && s.place == t - 1; }},
    {"far a", [](const Slot& s, int t) { return s.role == Role::a && s.place != t && s.place != t - 1; }},
    {"far b", [](const Slot& s, int t) { return s.role == Role::b && s.place != t && s.place != t - 1; }},
    {"far s", [](const Slot& s, int t) { return s.role == Role::sum && s.place != t - 1; }},
    {"fixed", [](const Slot& s, int) { return s.role == Role::fixed; }},
};

}  // namespace

std::span<const TokenRole> token_roles() { return kRoles; }

std::vector<int> positions_of(const verify::Attended& read, const model::Layout& layout,
                              const TokenRole& role, bool of_digits) {
  const int place = layout.answer[index(read.step)].place;
  std::vector<int> positions;
  for (int p = 0; p <= layout.query_position(read.step); ++p)
    if (role.holds(layout.slot(p), place) && !(of_digits && read.cells[index(p)].fixed))
      positions.push_back(p);
  return positions;
}

bool cut_role(std::vector<verify::Attended>& states, const model::Layout& layout, const TokenRole& role,
              const KeyAblation& how, const verify::Cube& standing) {
  bool any = false;
  for (verify::Attended& read : states)
    for (const int p : positions_of(read, layout, role, how.of_digits)) {
      cut_key(read, p, how, standing);
      any = true;
    }
  return any;
}

bool cut_role(std::vector<verify::Attended>& states, const model::Layout& layout, const TokenRole& role,
              const KeyAblation& how) {
  return cut_role(states, layout, role, how, verify::Cube::everything(layout.digits));
}

}  // namespace carryscope::analysis
