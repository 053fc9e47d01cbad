// The records `subtasks` and `neurons`: which part of the addition each neuron and each direction of each
// head tells, on the whole table of local configurations (local.h), and the response map of each neuron.
//
// A unit performs a sub-task as far as one interval of its values for each class tells the classes apart
// (thresholds.h). Names are those of Quirke and Barez (2024); `carry` is the rule "a + b - s >= 5 at the
// place below", which on a true prefix is the carry itself.
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "analysis/analyses.h"
#include "analysis/local.h"
#include "analysis/thresholds.h"

namespace carryscope::analysis {
namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

struct Subtask {
  const char* name;
  const char* about;
  int classes;
  int (*label)(const Local& l);
};

constexpr Subtask kSubtasks[] = {
    {"SA", "(a+b) mod 10", 10, [](const Local& l) { return (l.a + l.b) % 10; }},
    {"digit", "(a+b+carry) mod 10, the digit to be written", 10,
     [](const Local& l) { return (l.a + l.b + l.carry) % 10; }},
    {"wrap", "a+b+carry >= 10", 2, [](const Local& l) { return l.a + l.b + l.carry >= 10 ? 1 : 0; }},
    {"SC", "a+b >= 10 at the place below", 2,
     [](const Local& l) { return l.a_below + l.b_below >= 10 ? 1 : 0; }},
    {"SS", "a+b = 9 at the place below", 2,
     [](const Local& l) { return l.a_below + l.b_below == 9 ? 1 : 0; }},
    {"ST", "a+b <= 8, = 9 or >= 10 at the place below", 3,
     [](const Local& l) {
       const int sum = l.a_below + l.b_below;
       return sum <= 8 ? 0 : sum == 9 ? 1 : 2;
     }},
    {"carry", "a+b-s >= 5 at the place below: the carry", 2,
     [](const Local& l) {
       const int sum = l.a_below + l.b_below;
       return sum - (sum + l.carry_below) % 10 >= 5 ? 1 : 0;
     }},
};

struct Unit {
  std::string name;
  std::vector<double> values;  // by local configuration
};

void add_neurons(const LocalTable& table, std::vector<Unit>& units) {
  for (std::size_t j = 0; j < table.anatomy[0].neurons.size(); ++j) {
    units.push_back({"neuron " + std::to_string(j), {}});
    for (const Anatomy& a : table.anatomy) units.back().values.push_back(a.neurons[j]);
  }
}

// The principal axes of a head's output that carry more than 1e-6 of its variance.
void add_directions(const LocalTable& table, std::size_t head, std::vector<Unit>& units) {
  const auto d = static_cast<Eigen::Index>(table.anatomy[0].head[head].size());
  Eigen::MatrixXd x(static_cast<Eigen::Index>(table.rows.size()), d);
  for (std::size_t r = 0; r < table.rows.size(); ++r)
    x.row(static_cast<Eigen::Index>(r)) =
        Eigen::Map<const Eigen::RowVectorXd>(table.anatomy[r].head[head].data(), d);
  const Eigen::MatrixXd centred = x.rowwise() - Eigen::RowVectorXd(x.colwise().mean());
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> axes(centred.transpose() * centred);
  for (Eigen::Index k = d - 1; k >= 0; --k) {  // the largest first
    if (!(axes.eigenvalues()[k] > 1e-6 * axes.eigenvalues()[d - 1])) break;
    const Eigen::VectorXd along = x * axes.eigenvectors().col(k);
    units.push_back({"head " + std::to_string(head) + " axis " + std::to_string(d - 1 - k),
                     {along.data(), along.data() + along.size()}});
  }
}

std::vector<Unit> units_of(const LocalTable& table) {
  std::vector<Unit> units;
  for (std::size_t head = 0; head < table.anatomy[0].head.size(); ++head) add_directions(table, head, units);
  add_neurons(table, units);
  return units;
}

struct Finding {
  const Subtask* subtask = nullptr;
  Division division;
  std::vector<int> label;
  double pass = 0.0, chance = 0.0;  // shares; chance: of the most frequent class

  // How much of what chance leaves is told.
  double skill() const { return chance < 1.0 ? (pass - chance) / (1.0 - chance) : 0.0; }
};

// Nothing where only one class occurs: there is nothing to tell.
std::optional<Finding> find(const Subtask& subtask, const LocalTable& table, const Unit& unit) {
  Finding f;
  f.subtask = &subtask;
  std::vector<std::size_t> sizes(index(subtask.classes));
  for (const Local& l : table.rows) {
    f.label.push_back(subtask.label(l));
    ++sizes[index(f.label.back())];
  }
  const auto n = static_cast<double>(table.rows.size());
  const std::size_t most = std::ranges::max(sizes);
  if (most == table.rows.size()) return std::nullopt;
  f.division = divide(unit.values, f.label, subtask.classes);
  f.pass = static_cast<double>(f.division.right) / n;
  f.chance = static_cast<double>(most) / n;
  return f;
}

struct Tables {
  Table units{{{"step", ""},
               {"unit", ""},
               {"subtask", ""},
               {"pass", "share of local configurations"},
               {"chance", "share of the most frequent class"},
               {"skill", "(pass - chance) / (1 - chance)"},
               {"right", "configurations"},
               {"all", "configurations"},
               {"exceptions", "configurations"}}};
  Table best{{{"step", ""},
              {"unit", ""},
              {"subtask", ""},
              {"class_order", "low to high"},
              {"thresholds", "activation or residual"}}};
  Table exceptions{{{"step", ""},
                    {"unit", ""},
                    {"subtask", ""},
                    {"a", "digit"},
                    {"b", "digit"},
                    {"a_below", "digit"},
                    {"b_below", "digit"},
                    {"carry_below", ""},
                    {"value", "activation or residual"},
                    {"class", ""},
                    {"read_as", ""},
                    {"pair_a", ""},
                    {"pair_b", ""}}};
};

constexpr std::size_t kExceptionsListed = 20;  // of each unit, for what it tells best

void add_best(Tables& out, const LocalTable& table, const Unit& unit, const Finding& f) {
  Json thresholds = Json::array();
  for (const double t : f.division.thresholds)
    thresholds.push_back(std::isfinite(t) ? Json(t) : Json(nullptr));
  out.best.add({table.step, unit.name, f.subtask->name, Json(f.division.order).dump(), thresholds.dump()});
  std::size_t listed = 0;
  for (std::size_t r = 0; r < table.rows.size() && listed < kExceptionsListed; ++r) {
    const int read_as = class_of(f.division, unit.values[r]);
    if (read_as == f.label[r]) continue;
    const Local& l = table.rows[r];
    out.exceptions.add({table.step, unit.name, f.subtask->name, l.a, l.b, l.a_below, l.b_below, l.carry_below,
                        unit.values[r], f.label[r], read_as, l.pair.a, l.pair.b});
    ++listed;
  }
}

void judge(Tables& out, const LocalTable& table, const Unit& unit) {
  std::optional<Finding> best;
  for (const Subtask& subtask : kSubtasks) {
    std::optional<Finding> f = find(subtask, table, unit);
    if (!f) continue;
    out.units.add({table.step, unit.name, subtask.name, f->pass, f->chance, f->skill(), f->division.right,
                   table.rows.size(), table.rows.size() - f->division.right});
    if (!best || f->skill() > best->skill()) best = std::move(f);
  }
  if (best) add_best(out, table, unit, *best);
}

}  // namespace

Json subtasks(const Subject& subject) {
  subject.table();
  Tables out;
  for (int step = 0; step < subject.decoder().layout.answer_digits(); ++step) {
    const LocalTable table = local_table(subject, step);
    for (const Unit& unit : units_of(table)) judge(out, table, unit);
  }
  Json names = Json::object();
  for (const Subtask& s : kSubtasks) names[s.name] = s.about;
  return {{"subtasks", names},
          {"units", out.units.json()},
          {"best", out.best.json()},
          {"exceptions", out.exceptions.json()}};
}

Json neurons(const Subject& subject) {
  subject.table();
  Table maps({{"step", ""},
              {"neuron", ""},
              {"a", "digit"},
              {"b", "digit"},
              {"carry", ""},
              {"mean", "activation"},
              {"min", "activation"},
              {"max", "activation"},
              {"sample", "configurations"}});
  struct Cell {
    double sum = 0.0, least = 0.0, most = 0.0;
    int rows = 0;
  };
  for (int step = 0; step < subject.decoder().layout.answer_digits(); ++step) {
    const LocalTable table = local_table(subject, step);
    for (std::size_t j = 0; j < table.anatomy[0].neurons.size(); ++j) {
      std::vector<Cell> cells(200);  // [a][b][carry]
      for (std::size_t r = 0; r < table.rows.size(); ++r) {
        const Local& l = table.rows[r];
        Cell& c = cells[index((l.a * 10 + l.b) * 2 + l.carry)];
        const double x = table.anatomy[r].neurons[j];
        c = {c.sum + x, c.rows == 0 ? x : std::min(c.least, x), c.rows == 0 ? x : std::max(c.most, x),
             c.rows + 1};
      }
      for (std::size_t i = 0; i < cells.size(); ++i)
        if (cells[i].rows > 0)
          maps.add({step, j, i / 20, i / 2 % 10, i % 2, cells[i].sum / cells[i].rows, cells[i].least,
                    cells[i].most, cells[i].rows});
    }
  }
  return {{"maps", maps.json()}};
}

}  // namespace carryscope::analysis
