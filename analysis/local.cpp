#include "analysis/local.h"

#include <random>

#include "verify/carries.h"
#include "verify/random_pair.h"

namespace carryscope::analysis {
namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }
using verify::Cube;

// The parts of the cube in which the place's letter and carries are known.
std::vector<Cube> by_letter(const Cube& cube, int place) {
  std::vector<Cube> parts;
  verify::for_each_target(cube, place, [&](const Cube& part) { parts.push_back(part); });
  return parts;
}

}  // namespace

Local local_of(model::Pair pair, int place, int digits) {
  const std::vector<int> carry = model::carries(pair, digits);
  Local l;
  l.pair = pair;
  l.carry = carry[index(place)];
  if (place < digits) {
    l.a = model::digit_at(pair.a, place);
    l.b = model::digit_at(pair.b, place);
  }
  if (place > 0) {
    l.a_below = model::digit_at(pair.a, place - 1);
    l.b_below = model::digit_at(pair.b, place - 1);
    l.carry_below = carry[index(place - 1)];
  }
  return l;
}

std::vector<Cube> local_parts(const Cube& cube, int place) {
  std::vector<Cube> parts;
  for (const Cube& below : place > 0 ? by_letter(cube, place - 1) : std::vector{cube})
    for (const Cube& part : by_letter(below, place))
      if (verify::count(part) > 0) parts.push_back(part);
  return parts;
}

std::vector<Local> local_configurations(const model::Layout& layout, int step, std::uint64_t seed) {
  std::vector<Local> rows;
  const int place = layout.answer[index(step)].place;
  std::mt19937_64 random(seed + index(step));
  for (const Cube& cube : local_parts(Cube::everything(layout.digits), place))
    rows.push_back(local_of(verify::random_pair(cube, random), place, layout.digits));
  return rows;
}

LocalTable local_table(const Subject& subject, int step) {
  const model::Layout& layout = subject.decoder().layout;
  const Anatomist dissect(subject.table());
  LocalTable table{step, layout.answer[index(step)].place, {}, {}};
  table.rows = local_configurations(layout, step, subject.options().seed);
  for (const Local& row : table.rows) {
    const std::vector<int> tokens = model::tokenise(layout, row.pair);
    table.anatomy.push_back(dissect(std::span(tokens).first(index(layout.query_position(step) + 1))));
  }
  return table;
}

}  // namespace carryscope::analysis
