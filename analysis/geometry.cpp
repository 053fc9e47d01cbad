// The record `geometry`: how digits, positions and carries lie in the residual's space. Points of a step are
// those of its local configurations (local.h).
#include <algorithm>
#include <cmath>

#include "analysis/analyses.h"
#include "analysis/local.h"
#include "analysis/shapes.h"

namespace carryscope::analysis {
namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }
using Eigen::Index;

Json or_null(std::optional<double> x) { return x ? Json(*x) : Json(nullptr); }

struct Tables {
  Table coordinates{{{"points", ""},
                     {"index", ""},
                     {"label", ""},
                     {"first", "residual"},
                     {"second", "residual"},
                     {"third", "residual"}}};
  Table pca{{{"points", ""}, {"step", ""}, {"component", ""}, {"variance", "share of the total"}}};
  Table shapes{{{"points", ""}, {"count", "points"}, {"line", "R^2"}, {"circle", "R^2"}, {"helix", "R^2"}}};
  Table fourier{{{"points", ""}, {"wave", "cycles over the ten digits"}, {"power", "share of the variance"}}};
  Table silhouette{{{"points", ""}, {"step", ""}, {"silhouette", "-1..1, by carry"}, {"sample", "points"}}};
  Table plane_points{{{"step", ""},
                      {"query_digit", ""},
                      {"x", "residual"},
                      {"y", "residual"},
                      {"a", "digit"},
                      {"b", "digit"},
                      {"carry", ""},
                      {"digit", "true"}}};
};

void add_pca(Tables& out, const char* name, const Json& step, const Matrix& points) {
  const Axes axes = principal(points);
  const double total = axes.variance.sum();
  for (Index k = 0; k < axes.variance.size(); ++k)
    out.pca.add({name, step, k, total > 0 ? Json(axes.variance[k] / total) : Json(nullptr)});
}

// Over the first three principal axes; null where the residual is narrower.
void add_coordinates(Tables& out, const char* name, const Matrix& points,
                     const std::vector<std::string>& labels) {
  const Matrix flat = centred(points) * principal(points).direction;
  for (Index r = 0; r < flat.rows(); ++r) {
    const auto at = [&](Index k) { return k < flat.cols() ? Json(flat(r, k)) : Json(nullptr); };
    out.coordinates.add({name, r, labels[static_cast<std::size_t>(r)], at(0), at(1), at(2)});
  }
}

void add_shapes(Tables& out, const char* name, const Matrix& points) {
  const Index n = points.rows();
  out.shapes.add({name, n, or_null(explained(points, design(n, true, 0))),
                  or_null(explained(points, design(n, false, 1))),
                  or_null(explained(points, design(n, true, 1)))});
}

// For points indexed by the ten digits: waves 1 .. 5 are orthogonal, and their powers sum to 1.
void add_fourier(Tables& out, const char* name, const Matrix& points) {
  for (int wave = 1; wave <= 5; ++wave)
    out.fourier.add({name, wave, or_null(explained(points, design(10, false, wave)))});
}

constexpr Index kSilhouettePoints = 400;

// The mean of (b - a) / max(a, b): a the mean distance to one's own class, b to the other (Rousseeuw 1987).
std::optional<double> silhouette(const Matrix& points, const std::vector<int>& label) {
  double sum = 0.0;
  Index counted = 0;
  for (Index i = 0; i < points.rows(); ++i) {
    double distance[2] = {0.0, 0.0}, others[2] = {0.0, 0.0};
    for (Index j = 0; j < points.rows(); ++j) {
      if (i == j) continue;
      distance[label[static_cast<std::size_t>(j)]] += (points.row(i) - points.row(j)).norm();
      others[label[static_cast<std::size_t>(j)]] += 1.0;
    }
    const int own = label[static_cast<std::size_t>(i)];
    if (others[0] == 0.0 || others[1] == 0.0) return std::nullopt;
    const double a = distance[own] / others[own], b = distance[1 - own] / others[1 - own];
    if (std::max(a, b) > 0) sum += (b - a) / std::max(a, b);
    ++counted;
  }
  return sum / static_cast<double>(counted);
}

Matrix points_of(const LocalTable& table, Vector (*of)(const Anatomy&)) {
  Matrix m(static_cast<Index>(table.rows.size()), static_cast<Index>(table.anatomy[0].before.size()));
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    const Vector x = of(table.anatomy[r]);
    m.row(static_cast<Index>(r)) = Eigen::Map<const Eigen::RowVectorXd>(x.data(), m.cols());
  }
  return m;
}

Vector attention_of(const Anatomy& a) {
  Vector x(a.before.size());
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = a.before[i] - a.embedding[i];
  return x;
}
Vector before_of(const Anatomy& a) { return a.before; }
Vector after_of(const Anatomy& a) { return a.after; }

struct Cloud {
  const char* name;
  Vector (*of)(const Anatomy&);
};
constexpr Cloud kClouds[] = {{"attention output", attention_of},
                             {"residual before the feed-forward", before_of},
                             {"residual after the feed-forward", after_of}};

void add_silhouette(Tables& out, const char* name, const LocalTable& table, const Matrix& points) {
  const Index every = std::max<Index>(1, points.rows() / kSilhouettePoints), n = points.rows() / every;
  Matrix some(n, points.cols());
  std::vector<int> label;
  for (Index i = 0; i < n; ++i) {
    some.row(i) = points.row(i * every);
    label.push_back(table.rows[static_cast<std::size_t>(i * every)].carry);
  }
  out.silhouette.add({name, table.step, or_null(silhouette(some, label)), n});
}

// What the tail answers over the plane of the attention output's first two axes, for one query token, the
// output's other axes at their mean: a text of digits, one line a row, the lowest y first; '.' is no digit.
class Plane {
 public:
  Plane(const model::Decoder& decoder, const LocalTable& table, const Matrix& points)
      : decoder_(decoder), table_(table), points_(points), axes_(principal(points)), tail_(decoder) {}

  bool exists() const { return points_.cols() >= 2 && axes_.variance[1] > 0; }

  Json draw(Table& out) {
    const Matrix flat = centred(points_) * axes_.direction.leftCols(2);
    const Eigen::Vector2d low = flat.colwise().minCoeff(), high = flat.colwise().maxCoeff();
    Json lines = Json::array();
    for (int y = 0; y < kCells; ++y) {
      std::string line;
      for (int x = 0; x < kCells; ++x)
        line +=
            answer(low + (high - low).cwiseProduct(Eigen::Vector2d((x + 0.5) / kCells, (y + 0.5) / kCells)));
      lines.push_back(line);
    }
    const std::size_t every = std::max<std::size_t>(1, table_.rows.size() / kPoints);
    for (std::size_t r = 0; r < table_.rows.size(); r += every) {
      const Local& l = table_.rows[r];
      const auto at = static_cast<Index>(r);
      out.add(
          {table_.step, symbol(), flat(at, 0), flat(at, 1), l.a, l.b, l.carry, (l.a + l.b + l.carry) % 10});
    }
    return {{"step", table_.step},    {"query_digit", symbol()}, {"x", {low[0], high[0]}},
            {"y", {low[1], high[1]}}, {"unit", "residual"},      {"answers", lines}};
  }

 private:
  static constexpr int kCells = 48;
  static constexpr std::size_t kPoints = 500;

  // The digit at the query's own place; null for a fixed token.
  Json symbol() const {
    const model::Slot& own = decoder_.layout.slot(decoder_.layout.query_position(table_.step));
    if (own.role != model::Role::sum) return nullptr;
    return model::digit_at(table_.rows[0].pair.a + table_.rows[0].pair.b, own.place);
  }

  char answer(const Eigen::Vector2d& at) {
    const Eigen::VectorXd u = points_.colwise().mean().transpose() + axes_.direction.leftCols(2) * at;
    Vector x = table_.anatomy[0].embedding, logits(index(decoder_.vocabulary));
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += u[static_cast<Index>(i)];
    tail_.logits(x, logits);
    const int token = static_cast<int>(std::ranges::max_element(logits) - logits.begin());
    const auto digit = std::ranges::find(decoder_.layout.digit_tokens, token);
    return digit == decoder_.layout.digit_tokens.end()
               ? '.'
               : static_cast<char>('0' + (digit - decoder_.layout.digit_tokens.begin()));
  }

  const model::Decoder& decoder_;
  const LocalTable& table_;
  const Matrix& points_;
  Axes axes_;
  model::Tail<double> tail_;
};

// The local configurations that one query token asks: the first row's.
LocalTable asked_alike(const LocalTable& table) {
  LocalTable some{table.step, table.place, {}, {}};
  for (std::size_t r = 0; r < table.rows.size(); ++r)
    if (table.anatomy[r].embedding == table.anatomy[0].embedding) {
      some.rows.push_back(table.rows[r]);
      some.anatomy.push_back(table.anatomy[r]);
    }
  return some;
}

void add_weights(Tables& out, const model::Decoder& d) {
  const Matrix digits =
      rows_of(d.token_embedding, {d.layout.digit_tokens.begin(), d.layout.digit_tokens.end()});
  std::vector<std::string> names;
  for (int digit = 0; digit < model::kSymbols; ++digit) names.push_back(std::to_string(digit));
  add_coordinates(out, "digit embeddings", digits, names);
  add_pca(out, "digit embeddings", nullptr, digits);
  add_shapes(out, "digit embeddings", digits);
  add_fourier(out, "digit embeddings", digits);
  if (d.position_embedding.empty()) return;
  std::vector<int> all(index(d.layout.input_length()));
  names.resize(all.size());
  for (std::size_t p = 0; p < all.size(); ++p)
    names[p] = slot_name(d.layout.slot(all[p] = static_cast<int>(p)));
  const Matrix positions = rows_of(d.position_embedding, all);
  add_coordinates(out, "positions", positions, names);
  add_pca(out, "positions", nullptr, positions);
  add_shapes(out, "positions", positions);
}

}  // namespace

Json geometry(const Subject& subject) {
  const model::Decoder& d = subject.table().decoder();
  Tables out;
  Json planes = Json::array();
  add_weights(out, d);
  for (int step = 0; step < d.layout.answer_digits(); ++step) {
    const LocalTable table = local_table(subject, step);
    for (const Cloud& cloud : kClouds) {
      const Matrix points = points_of(table, cloud.of);
      add_pca(out, cloud.name, step, points);
      if (table.place > 0) add_silhouette(out, cloud.name, table, points);
    }
    const LocalTable alike = asked_alike(table);
    const Matrix points = points_of(alike, attention_of);
    Plane plane(d, alike, points);
    if (plane.exists()) planes.push_back(plane.draw(out.plane_points));
  }
  return {{"coordinates", out.coordinates.json()},
          {"pca", out.pca.json()},
          {"shapes", out.shapes.json()},
          {"fourier", out.fourier.json()},
          {"silhouette", out.silhouette.json()},
          {"planes", planes},
          {"plane_points", out.plane_points.json()}};
}

}  // namespace carryscope::analysis
