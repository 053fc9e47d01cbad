// The record `attention`: how much each step looks at each key, as exact ranges over all pairs and sampled
// means, overall and by what happens at the place below; scores and outputs of every state, and their
// singular values.
#include "analysis/attention.h"

#include <Eigen/SVD>

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

// The queries of one step, by the digit of the query's own token.
struct StepQueries {
  int step = 0, place = 0, position = 0;
  std::vector<Query> queries;
};

StepQueries queries_of(const AttentionTable& table, int step) {
  const model::Layout& layout = table.decoder().layout;
  StepQueries s{step, layout.answer[index(step)].place, layout.query_position(step), {}};
  const Slot& own = layout.slot(s.position);
  for (int symbol = 0; symbol < model::symbols(own); ++symbol)
    s.queries.push_back(table.query(s.position, model::token_of(layout, own, symbol)));
  return s;
}

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

std::vector<double> singular_values(const Eigen::MatrixXd& m) {
  const Eigen::JacobiSVD<Eigen::MatrixXd> svd(m);
  return {svd.singularValues().data(), svd.singularValues().data() + svd.singularValues().size()};
}

std::vector<Column> digit_columns(std::vector<Column> first, const std::string& unit) {
  for (int digit = 0; digit < 10; ++digit) first.push_back({"digit_" + std::to_string(digit), unit});
  return first;
}

// Logarithms of the weights, the largest of each query state 0: scores up to what softmax forgets.
Json scores(const AttentionTable& table, Json& singular) {
  const model::Layout& layout = table.decoder().layout;
  Table out(digit_columns({{"step", ""}, {"query_digit", ""}, {"head", ""}, {"position", ""}, {"holds", ""}},
                          "score"));
  for (int head = 0; head < table.maps().shape().heads; ++head) {
    std::vector<Vector> rows;  // query states x what every query reads: the prompt's tokens
    for (int step = 0; step < layout.answer_digits(); ++step) {
      const StepQueries s = queries_of(table, step);
      for (std::size_t symbol = 0; symbol < s.queries.size(); ++symbol) {
        const Query& q = s.queries[symbol];
        rows.emplace_back();
        for (int key = 0; key <= s.position; ++key) {
          Json::array_t row{step, symbol, head, key, slot_name(layout.slot(key))};
          for (int digit = 0; digit < 10; ++digit) {
            const double weight = q.weight[q.at(head, key, digit)];
            const bool read = weight > 0 && (key == s.position ? digit == static_cast<int>(symbol)
                                                               : digit < model::symbols(layout.slot(key)));
            row.push_back(read ? Json(std::log(weight)) : Json(nullptr));
            if (read && key < static_cast<int>(layout.prompt.size()) - 1)
              rows.back().push_back(std::log(weight));
          }
          out.add(std::move(row));
        }
      }
    }
    const bool whole = std::ranges::all_of(rows, [&](const Vector& r) { return r.size() == rows[0].size(); });
    if (!whole || rows[0].empty()) continue;  // masked keys leave holes: no matrix
    Eigen::MatrixXd m(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(rows[0].size()));
    for (std::size_t r = 0; r < rows.size(); ++r)
      for (std::size_t k = 0; k < rows[r].size(); ++k)
        m(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(k)) = rows[r][k];
    m.colwise() -= Eigen::VectorXd(m.rowwise().mean());
    singular.push_back({{"head", head}, {"values", singular_values(m)}});
  }
  return out.json();
}

// What a head adds to the residual per unit of share, for every key state.
Json outputs(const AttentionTable& table, Json& singular) {
  const model::Decoder& d = table.decoder();
  const model::Attention& shape = table.maps().shape();
  std::vector<Column> columns{{"head", ""}, {"position", ""}, {"holds", ""}, {"digit", ""}};
  for (int i = 0; i < d.width(); ++i) columns.push_back({"residual_" + std::to_string(i), "residual"});
  Table out(columns);
  for (int head = 0; head < shape.heads; ++head) {
    std::vector<Vector> rows;
    for (int p = 0; p < d.layout.input_length(); ++p)
      for (int symbol = 0; symbol < model::symbols(d.layout.slot(p)); ++symbol) {
        rows.emplace_back(index(d.width()));
        const auto value = table.value(head, p, symbol);
        for (int v = 0; v < shape.value_dim; ++v)
          for (int i = 0; i < d.width(); ++i)
            rows.back()[index(i)] +=
                value[index(v)] * shape.output.value[shape.output.at(head * shape.value_dim + v, i)];
        Json::array_t row{head, p, slot_name(d.layout.slot(p)), symbol};
        for (const double x : rows.back()) row.push_back(x);
        out.add(std::move(row));
      }
    Eigen::MatrixXd m(static_cast<Eigen::Index>(rows.size()), d.width());
    for (std::size_t r = 0; r < rows.size(); ++r)
      m.row(static_cast<Eigen::Index>(r)) = Eigen::Map<const Eigen::RowVectorXd>(rows[r].data(), d.width());
    m.rowwise() -= Eigen::RowVectorXd(m.colwise().mean());
    singular.push_back({{"head", head}, {"values", singular_values(m)}});
  }
  return out.json();
}

}  // namespace

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
  Json out;
  out["ranges"] = ranges(subject);
  Json qk = Json::array(), ov = Json::array();
  out["scores"] = scores(subject.table(), qk);
  out["outputs"] = outputs(subject.table(), ov);
  out["singular_values"] = {{"scores", qk}, {"outputs", ov}};
  return out;
}

}  // namespace carryscope::analysis
