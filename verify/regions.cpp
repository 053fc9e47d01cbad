#include "verify/regions.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace carryscope::verify {

namespace {

// A cube's masks as one list: a, b, s, then carries.
using Masks = std::vector<std::uint16_t>;

Masks masks(const Cube& cube) {
  const auto n = static_cast<std::size_t>(cube.digits);
  Masks m(cube.a.begin(), cube.a.begin() + static_cast<std::ptrdiff_t>(n));
  m.insert(m.end(), cube.b.begin(), cube.b.begin() + static_cast<std::ptrdiff_t>(n));
  m.insert(m.end(), cube.s.begin(), cube.s.begin() + static_cast<std::ptrdiff_t>(n) + 1);
  m.insert(m.end(), cube.c.begin(), cube.c.begin() + static_cast<std::ptrdiff_t>(n) + 1);
  return m;
}

Cube cube_of(const Masks& m, int digits) {
  Cube cube = Cube::everything(digits);
  const auto n = static_cast<std::size_t>(digits);
  for (std::size_t i = 0; i < n; ++i) {
    cube.a[i] = m[i];
    cube.b[i] = m[n + i];
  }
  for (std::size_t i = 0; i <= n; ++i) {
    cube.s[i] = m[2 * n + i];
    cube.c[i] = static_cast<std::uint8_t>(m[3 * n + 1 + i]);
  }
  return cube;
}

struct Group {
  int step;
  Masks masks;
  auto operator<=>(const Group&) const = default;
};

// Unites what differs in component `at` alone. Returns whether anything did.
bool unite(std::vector<Group>& groups, std::size_t at) {
  std::map<Group, std::uint16_t> united;
  for (Group& g : groups) {
    const std::uint16_t mask = g.masks[at];
    g.masks[at] = 0;
    united[g] |= mask;
  }
  const bool fewer = united.size() < groups.size();
  groups.clear();
  for (const auto& [group, mask] : united) {
    groups.push_back(group);
    groups.back().masks[at] = mask;
  }
  return fewer;
}

}  // namespace

std::vector<StepCube> merge_regions(const std::vector<StepCube>& cubes) {
  if (cubes.empty()) return {};
  const int digits = cubes[0].cube.digits;
  std::vector<Group> groups;
  for (const StepCube& c : cubes) groups.push_back({c.step, masks(c.cube)});
  const std::size_t components = groups[0].masks.size();
  for (bool fewer = true; fewer;) {
    fewer = false;
    for (std::size_t at = 0; at < components; ++at) fewer |= unite(groups, at);
  }
  std::vector<StepCube> merged;
  for (const Group& g : groups) {
    const Cube cube = cube_of(g.masks, digits);
    merged.push_back({g.step, cube, count(cube)});
  }
  std::stable_sort(merged.begin(), merged.end(),
                   [](const StepCube& x, const StepCube& y) { return x.pairs > y.pairs; });
  return merged;
}

}  // namespace carryscope::verify
