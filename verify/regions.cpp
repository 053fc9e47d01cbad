#include "verify/regions.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>

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

// Of the set allowed for component `at`; those of a cube add up to its hash.
std::uint64_t hash(std::size_t at, std::uint16_t set) {
  std::uint64_t h = (static_cast<std::uint64_t>(at) << 16 | set) * 0x9E3779B97F4A7C15u;
  h = (h ^ h >> 32) * 0xD6E8FEB86659FD93u;
  return h ^ h >> 32;
}

struct Group {
  int step;
  Masks masks;
  std::uint64_t hash;
};

Group group_of(const StepCube& cube) {
  Group g{cube.step, masks(cube.cube), static_cast<std::uint64_t>(cube.step)};
  for (std::size_t at = 0; at < g.masks.size(); ++at) g.hash += hash(at, g.masks[at]);
  return g;
}

bool differ_at_most_in(const Group& x, const Group& y, std::size_t at) {
  if (x.step != y.step) return false;
  for (std::size_t i = 0; i < x.masks.size(); ++i)
    if (i != at && x.masks[i] != y.masks[i]) return false;
  return true;
}

// Unites what differs in component `at` alone. Returns whether anything did.
bool unite(std::vector<Group>& groups, std::size_t at) {
  std::unordered_multimap<std::uint64_t, std::size_t> by_rest;  // in `united`
  by_rest.reserve(groups.size());
  std::size_t united = 0;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const std::uint64_t rest = groups[i].hash - hash(at, groups[i].masks[at]);
    const auto [first, last] = by_rest.equal_range(rest);
    const auto same = std::find_if(first, last, [&](const auto& known) {
      return differ_at_most_in(groups[known.second], groups[i], at);
    });
    if (same != last) {
      Group& wider = groups[same->second];
      wider.masks[at] |= groups[i].masks[at];
      wider.hash = rest + hash(at, wider.masks[at]);
      continue;
    }
    by_rest.emplace(rest, united);
    if (united != i) groups[united] = std::move(groups[i]);
    ++united;
  }
  const bool fewer = united < groups.size();
  groups.resize(united);
  return fewer;
}

// Components in which some cubes differ.
std::vector<std::size_t> varied(const std::vector<Group>& groups) {
  std::vector<std::size_t> components;
  for (std::size_t at = 0; at < groups[0].masks.size(); ++at)
    if (std::ranges::any_of(groups, [&](const Group& g) { return g.masks[at] != groups[0].masks[at]; }))
      components.push_back(at);
  return components;
}

}  // namespace

std::vector<StepCube> merge_regions(const std::vector<StepCube>& cubes, const Deadline& deadline) {
  if (cubes.empty()) return {};
  const int digits = cubes[0].cube.digits;
  std::vector<Group> groups;
  for (const StepCube& c : cubes) groups.push_back(group_of(c));
  std::ranges::sort(groups, {}, [](const Group& g) { return std::tie(g.step, g.masks); });
  const std::vector<std::size_t> components = varied(groups);
  for (bool fewer = true; fewer;) {
    fewer = false;
    for (const std::size_t at : components) fewer |= !deadline.passed() && unite(groups, at);
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
