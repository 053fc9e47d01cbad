// The record `program`: what each step computes as a readable rule (rule.h), learned from the model's answers
// on every local configuration, and the exact number of all pairs on which it answers as the model does.
//
// The rule is learned from doubles; the count is not: it compares the rule with the proven answers of the
// model (answers.h) configuration by configuration. Steps are compared given the true prefix, and joined.
#include <fmt/format.h>

#include "analysis/analyses.h"
#include "analysis/program_text.h"
#include "analysis/step_parts.h"
#include "verify/failure_union.h"
#include "verify/regions.h"

namespace carryscope::analysis {
namespace {

using verify::Count, verify::Cube, verify::Leaf, verify::Verdict;

constexpr int kDraws = 8;               // more pairs of a configuration that the model seems to get wrong
constexpr int kDrawnAgain = 2'000;      // of a step, at most
constexpr double kUnionShare = 0.1;     // of the time: what the steps have in common
constexpr std::size_t kRegions = 1000;  // listed
constexpr std::size_t kMergedCubes = 5'000;  // regions of more cubes are listed as they are

std::size_t index(int i) { return static_cast<std::size_t>(i); }

Cube cube_of(const Local& l, int place, int digits) {
  Cube cube = Cube::everything(digits);
  const auto letter = [&](int at, int a, int b, int carry) {
    cube.a[index(at)] = verify::only(a);
    cube.b[index(at)] = verify::only(b);
    cube.c[index(at)] = static_cast<std::uint8_t>(1 << carry);
  };
  if (place > 0) letter(place - 1, l.a_below, l.b_below, l.carry_below);
  if (place < digits)
    letter(place, l.a, l.b, l.carry);
  else
    cube.c[index(place)] = static_cast<std::uint8_t>(1 << l.carry);
  return cube;
}

int true_digit(const Local& l) { return (l.a + l.b + l.carry) % 10; }

// Where program and model write differently: digits or kNoDigit.
struct Disagreement {
  Cube cube;
  Count pairs = 0;
  int model = 0, program = 0;
};

struct Step {
  int place = 0;
  std::size_t rule = 0, configurations = 0, varying = 0;
  Count disagree = 0, undecided = 0;
  std::vector<Disagreement> disagreements;
  std::vector<Leaf> differing, wrong;  // cubes that hold all that differs; where the program is wrong
};

class Program {
 public:
  explicit Program(const Subject& subject) : subject_(subject) {
    const Anatomist dissect(subject.table());
    for (int s = 0; s < layout().answer_digits(); ++s) {
      const model::Pair any{};
      const StepParts model(subject.network(), s, anatomies(dissect, layout(), s, {&any, 1}));
      const auto configurations = local_configurations(layout(), s, subject.options().seed);
      steps_.emplace_back();
      steps_.back().place = layout().answer[index(s)].place;
      steps_.back().configurations = configurations.size();
      int again = kDrawnAgain;
      add_rule(s,
               Rule(layout(), s, configurations, [&](const Local& l) { return written(model, l, again); }));
      compare(s, configurations);
    }
  }

  Json json() const {
    std::vector<std::vector<Leaf>> differing, wrong;
    for (const Step& s : steps_) {
      differing.push_back(s.differing);
      wrong.push_back(s.wrong);
    }
    const verify::Counts apart = united(differing), failing = united(wrong);
    const Count right = failing.correct, agree = apart.correct;
    Json out{{"total", verify::to_string(total())},
             {"agree", verify::to_string(agree)},
             {"disagree", verify::to_string(apart.wrong)},
             {"undecided", verify::to_string(total() - agree - apart.wrong)},
             {"right", verify::to_string(right)},
             {"rules", rules()},
             {"steps", steps()},
             {"regions", regions()}};
    const std::string head = fmt::format(
        "What the model '{}' computes, learned from its answers. Given the true digits before, it answers "
        "as\n"
        "the model does on {} of {} pairs{}; it adds {} rightly.\n",
        subject_.decoder().name, verify::to_string(agree), verify::to_string(total()),
        apart.wrong + agree == total()
            ? ""
            : fmt::format(" (undecided: {})", verify::to_string(total() - agree - apart.wrong)),
        verify::to_string(right));
    out["files"] = {{"program.txt", program_text(head, rules_)},
                    {"program.cpp", program_cpp(head, rules_, digits())}};
    return out;
  }

 private:
  const model::Layout& layout() const { return subject_.decoder().layout; }
  int digits() const { return layout().digits; }
  Count total() const { return verify::all_pairs(digits()); }

  int digit_of(int token) const {
    const auto found = std::ranges::find(layout().digit_tokens, token);
    return found == layout().digit_tokens.end() ? kNoDigit
                                                : static_cast<int>(found - layout().digit_tokens.begin());
  }

  // What the model writes at most pairs of the configuration, as far as a few tell.
  int written(const StepParts& model, const Local& l, int& again) const {
    const auto at = [&](model::Pair pair) { return digit_of(model.answer(model.read(pair), 0).token); };
    const int first = at(l.pair);
    if (first == true_digit(l) || again == 0) return first;
    --again;
    std::array<int, kNoDigit + 1> votes{};
    ++votes[index(first)];
    const Cube cube = cube_of(l, layout().answer[index(model.step())].place, digits());
    const Count pairs = verify::count(cube);
    for (int i = 0; i < kDraws; ++i)
      ++votes[index(at(verify::nth_pair(cube, pairs / kDraws * static_cast<Count>(i))))];
    return static_cast<int>(std::ranges::max_element(votes) - votes.begin());
  }

  void add_rule(int step, Rule rule) {
    std::size_t r = 0;
    while (r < rules_.size() && rules_[r].rule.text() != rule.text()) ++r;
    if (r == rules_.size()) rules_.push_back({std::move(rule), {}, {}});
    rules_[r].steps.push_back(step);
    rules_[r].places.push_back(steps_.back().place);
    steps_.back().rule = r;
  }

  void compare(int step, const std::vector<Local>& configurations) {
    Step& s = steps_.back();
    const Rule& rule = rules_[s.rule].rule;
    const Exceptions& exceptions = subject_.exceptions()[index(step)];
    for (const Local& l : configurations)
      if (const int digit = rule.digit(l); digit != true_digit(l))
        compare_configuration(s, l, digit, exceptions);
    std::map<std::array<int, 5>, std::map<int, Count>> answers;  // of configurations that hold exceptions
    for (const Answer& e : exceptions) {
      if (!e.token) {
        s.undecided += e.pairs;
        s.differing.push_back({e.cube, Verdict::undecided, e.pairs});
        continue;
      }
      const int model = digit_of(*e.token);
      for (const Cube& part : local_parts(e.cube, s.place)) {
        const Local l = local_of(verify::nth_pair(part, 0), s.place, digits());
        const Count pairs = verify::count(part);
        answers[{l.a, l.b, l.a_below, l.b_below, l.carry_below}][model] += pairs;
        if (const int digit = rule.digit(l); digit != model) add(s, {part, pairs, model, digit});
      }
    }
    for (const Local& l : configurations) {
      const auto found = answers.find({l.a, l.b, l.a_below, l.b_below, l.carry_below});
      if (found == answers.end()) continue;
      const Count all = verify::count(cube_of(l, s.place, digits()));
      s.varying += found->second.size() > 1 || found->second.begin()->second < all;
    }
  }

  // Where the program writes another than the true digit, which the model does outside its exceptions.
  void compare_configuration(Step& s, const Local& l, int digit, const Exceptions& exceptions) const {
    const Cube cube = cube_of(l, s.place, digits());
    const Count pairs = verify::count(cube);
    s.wrong.push_back({cube, Verdict::wrong, pairs});
    Count excepted = 0;
    for (const Answer& e : exceptions) excepted += verify::count(verify::intersect(cube, e.cube));
    if (excepted == pairs) return;
    if (excepted == 0) return add(s, {cube, pairs, true_digit(l), digit});
    s.disagree += pairs - excepted;
    s.differing.push_back({cube, Verdict::undecided, pairs});  // not all of it
    s.disagreements.push_back({cube, pairs - excepted, true_digit(l), digit});
  }

  static void add(Step& s, const Disagreement& d) {
    s.disagree += d.pairs;
    s.differing.push_back({d.cube, Verdict::wrong, d.pairs});
    s.disagreements.push_back(d);
  }

  verify::Counts united(const std::vector<std::vector<Leaf>>& leaves) const {
    Count worst = 0;
    for (const auto& of_step : leaves) {
      Count wrong = 0;
      for (const Leaf& leaf : of_step) wrong += leaf.verdict == Verdict::wrong ? leaf.pairs : 0;
      worst = std::max(worst, wrong);
    }
    const verify::Deadline deadline(kUnionShare * subject_.options().time_limit,
                                    subject_.options().interrupted);
    return verify::FailureUnion(leaves, digits(), deadline, {worst, {}}).pairs();
  }

  Json rules() const {
    Json list = Json::array();
    for (const SharedRule& r : rules_)
      list.push_back({{"steps", r.steps},
                      {"text", r.rule.text()},
                      {"conditions", r.rule.tests()},
                      {"exceptions", r.rule.exceptions()}});
    return list;
  }

  Json steps() const {
    Table table({{"step", ""},
                 {"place", ""},
                 {"rule", ""},
                 {"configurations", "count"},
                 {"varying", "configurations"},
                 {"agree", "pairs"},
                 {"disagree", "pairs"},
                 {"undecided", "pairs"}});
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      const Step& s = steps_[i];
      table.add({i, s.place, s.rule, s.configurations, s.varying,
                 verify::to_string(total() - s.disagree - s.undecided), verify::to_string(s.disagree),
                 verify::to_string(s.undecided)});
    }
    return table.json();
  }

  Json token_of(int digit) const {
    return digit == kNoDigit ? Json() : Json(layout().digit_tokens[index(digit)]);
  }

  Json regions() const {
    struct Region {
      verify::StepCube where;
      int model, program;
    };
    std::vector<Region> all;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      std::map<std::pair<int, int>, std::vector<verify::StepCube>> alike;
      for (const Disagreement& d : steps_[i].disagreements)
        alike[{d.model, d.program}].push_back({static_cast<int>(i), d.cube, d.pairs});
      for (auto& [digits_of, cubes] : alike)
        for (const verify::StepCube& c : cubes.size() <= kMergedCubes ? verify::merge_regions(cubes) : cubes)
          all.push_back({c, digits_of.first, digits_of.second});
    }
    std::ranges::stable_sort(all, std::greater{}, [](const Region& r) { return r.where.pairs; });
    Table table({{"step", ""},
                 {"pattern", ""},
                 {"pairs", "pairs"},
                 {"model", "token"},
                 {"program", "token"},
                 {"a", ""},
                 {"b", ""}});
    for (std::size_t i = 0; i < std::min(kRegions, all.size()); ++i) {
      const Region& r = all[i];
      const model::Pair pair = verify::nth_pair(r.where.cube, 0);
      table.add({r.where.step, verify::pattern(r.where.cube), verify::to_string(r.where.pairs),
                 token_of(r.model), token_of(r.program), pair.a, pair.b});
    }
    return table.json();
  }

  const Subject& subject_;
  std::vector<SharedRule> rules_;
  std::vector<Step> steps_;
};

}  // namespace

Json program(const Subject& subject) { return Program(subject).json(); }

}  // namespace carryscope::analysis
