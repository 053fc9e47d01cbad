// The record `attention`: how much each step looks at each key, as exact ranges over all pairs and sampled
// means, overall and by what happens at the place below.
#include "analysis/attention.h"

#include "analysis/analyses.h"
#include "analysis/anatomy.h"
#include "model/pairs.h"

namespace carryscope::analysis {
namespace {

using model::Role, model::Slot;
using verify::Additive, verify::Cube;
using AttentionTable = model::AttentionTable<double>;
using Query = AttentionTable::Query;

std::size_t index(int i) { return static_cast<std::size_t>(i); }

constexpr CarryClass kClasses[] = {
    {"all", 3, 3, 0x3FF},
    {"a+b<=8, no carry in", 1, 1, 0x1FF},  // the sum is a+b: 0..8
    {"a+b=9, no carry in", 1, 1, 0x200},
    {"a+b>=10, no carry in", 1, 2, 0x3FF},
    {"a+b<=8, carry in", 2, 1, 0x3FF},
    {"a+b=9, carry in", 2, 2, 0x001},
    {"a+b>=10, carry in", 2, 2, 0x3FE},  // the sum is a+b+1-10: 1..9
};

// The pairs of the cube whose query token holds the symbol.
Cube asked_by(Cube cube, const Slot& own, int symbol) {
  if (own.role != Role::fixed) {
    verify::Digits& allowed = cube.allowed(own.role, own.place);
    allowed = static_cast<verify::Digits>(allowed & verify::only(symbol));
  }
  return cube;
}

struct Range {
  bool found = false;
  Extreme least, most;

  void include(const Extreme& low, const Extreme& high) {
    if (!found || low.value < least.value) least = low;
    if (!found || high.value > most.value) most = high;
    found = true;
  }
};

Range range_of_key(const AttentionTable& table, const StepQueries& s, int head, int key, const Cube& cube) {
  const Slot& own = table.decoder().layout.slot(s.position);
  Range range;
  for (int symbol = 0; symbol < static_cast<int>(s.queries.size()); ++symbol) {
    const Cube asked = asked_by(cube, own, symbol);
    if (verify::count(asked) == 0) continue;
    const Query& query = s.queries[index(symbol)];
    const Additive all = weights(table, query, head, symbol);
    const Additive one = weights_of_key(table, query, head, symbol, key);
    range.include(extreme_ratio(one, all, asked, -1.0), extreme_ratio(one, all, asked, 1.0));
  }
  return range;
}

// Sums behind the sampled means, [class][head * positions + key].
struct Sums {
  std::vector<Vector> sum, square;
  std::vector<std::size_t> pairs;
};

Sums sample_shares(const Anatomist& dissect, const model::Layout& layout, const StepQueries& s,
                   const std::vector<model::Pair>& sample) {
  Sums sums{std::vector<Vector>(std::size(kClasses)), std::vector<Vector>(std::size(kClasses)),
            std::vector<std::size_t>(std::size(kClasses))};
  std::vector<std::optional<Cube>> cubes;
  for (const CarryClass& c : kClasses) cubes.push_back(cube_of(c, s.place, layout.digits));
  for (const model::Pair pair : sample) {
    const std::vector<int> tokens = model::tokenise(layout, pair);
    const Anatomy anatomy = dissect(std::span(tokens).first(index(s.position + 1)));
    Vector shares;
    for (const Vector& head : anatomy.share) shares.insert(shares.end(), head.begin(), head.end());
    for (std::size_t c = 0; c < std::size(kClasses); ++c) {
      if (!cubes[c] || !cubes[c]->contains(pair)) continue;
      sums.sum[c].resize(shares.size());
      sums.square[c].resize(shares.size());
      ++sums.pairs[c];
      for (std::size_t i = 0; i < shares.size(); ++i) {
        sums.sum[c][i] += shares[i];
        sums.square[c][i] += shares[i] * shares[i];
      }
    }
  }
  return sums;
}

void add_mean(Json::array_t& row, const Sums& sums, std::size_t c, std::size_t at) {
  if (sums.pairs[c] == 0) {
    row.insert(row.end(), {nullptr, nullptr, 0});
    return;
  }
  const auto n = static_cast<double>(sums.pairs[c]);
  const double mean = sums.sum[c][at] / n;
  const double variance = std::max(0.0, sums.square[c][at] / n - mean * mean);
  row.insert(row.end(), {mean, std::sqrt(variance / n), sums.pairs[c]});
}

Table ranges_table() {
  return Table({{"step", ""},
                {"class", ""},
                {"head", ""},
                {"position", ""},
                {"holds", ""},
                {"min", "share"},
                {"min_a", ""},
                {"min_b", ""},
                {"max", "share"},
                {"max_a", ""},
                {"max_b", ""},
                {"mean", "share, sampled"},
                {"standard_error", "share"},
                {"sample", "pairs"}});
}

// One step's rows of one carry class, whose pairs are the cube's.
void add_ranges(const AttentionTable& table, const StepQueries& s, int step, std::size_t c,
                const verify::Cube& cube, const Sums& sums, Table& out) {
  for (int head = 0; head < table.maps().shape().heads; ++head)
    for (int key = 0; key <= s.position; ++key) {
      const Range r = range_of_key(table, s, head, key, cube);
      if (!r.found) continue;
      Json::array_t row{step,
                        kClasses[c].name,
                        head,
                        key,
                        slot_name(table.decoder().layout.slot(key)),
                        r.least.value,
                        r.least.pair.a,
                        r.least.pair.b,
                        r.most.value,
                        r.most.pair.a,
                        r.most.pair.b};
      add_mean(row, sums, c, index(head * (s.position + 1) + key));
      out.add(std::move(row));
    }
}

Json ranges(const Subject& subject) {
  const AttentionTable& table = subject.table();
  const model::Layout& layout = table.decoder().layout;
  const Anatomist dissect(table);
  const auto sample = subject.sample(index(subject.options().samples));
  Table out = ranges_table();
  for (int step = 0; step < layout.answer_digits(); ++step) {
    const StepQueries s = queries_of(table, step);
    const Sums sums = sample_shares(dissect, layout, s, sample);
    for (std::size_t c = 0; c < std::size(kClasses); ++c)
      if (const auto cube = cube_of(kClasses[c], s.place, layout.digits))
        add_ranges(table, s, step, c, *cube, sums, out);
  }
  return out.json();
}

}  // namespace

StepQueries queries_of(const AttentionTable& table, int step) {
  const model::Layout& layout = table.decoder().layout;
  StepQueries s{step, layout.answer[index(step)].place, layout.query_position(step), {}};
  const Slot& own = layout.slot(s.position);
  for (int symbol = 0; symbol < model::symbols(own); ++symbol)
    s.queries.push_back(table.query(s.position, model::token_of(layout, own, symbol)));
  return s;
}

std::span<const CarryClass> carry_classes() { return kClasses; }

std::optional<Cube> cube_of(const CarryClass& c, int place, int digits) {
  Cube cube = Cube::everything(digits);
  if (c.carry_in == 3) return cube;
  if (place == 0) return std::nullopt;
  const std::size_t below = index(place - 1);
  cube.c[below] &= c.carry_in;
  cube.c[below + 1] &= c.carry_out;
  cube.s[below] &= c.sum;
  if (verify::count(cube) == 0) return std::nullopt;
  return cube;
}

Additive weights_of_key(const AttentionTable& table, const Query& query, int head, int symbol, int position) {
  const Slot& slot = table.decoder().layout.slot(position);
  Additive f;
  f.clear(table.decoder().layout.digits);
  if (position == query.position || slot.role == Role::fixed) {
    f.constant = query.weight[query.at(head, position, position == query.position ? symbol : 0)];
  } else {
    for (int digit = 0; digit < 10; ++digit)
      f.of({slot.role, slot.place})[index(digit)] = query.weight[query.at(head, position, digit)];
  }
  return f;
}

Additive weights(const AttentionTable& table, const Query& query, int head, int symbol) {
  Additive f = weights_of_key(table, query, head, symbol, 0);
  for (int position = 1; position <= query.position; ++position) {
    const Additive more = weights_of_key(table, query, head, symbol, position);
    f.constant += more.constant;
    for (std::size_t t = 0; t < index(verify::token_count(f.digits)); ++t)
      for (std::size_t digit = 0; digit < 10; ++digit) f.entry[t][digit] += more.entry[t][digit];
  }
  f.constant += query.rest[index(head)];
  return f;
}

Json attention(const Subject& subject) {
  Json out = attention_states(subject.table());
  out["ranges"] = ranges(subject);
  return out;
}

}  // namespace carryscope::analysis
