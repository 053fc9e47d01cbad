#include "verify/smt_pairs.h"

#include <map>
#include <set>

#include <z3++.h>

namespace carryscope::verify {

using model::Role;

namespace {

constexpr unsigned kSlice = 500;  // milliseconds between looks at the clock; what was learned is kept

std::size_t index(int i) { return static_cast<std::size_t>(i); }

}  // namespace

class PairSolver::Z3 {
 public:
  explicit Z3(int digits) : digits_(digits), solver_(context_, "QF_FD") {
    z3::params params(context_);
    params.set("timeout", kSlice);
    params.set("ctrl_c", false);
    solver_.set(params);
    for (int t = 0; t < token_count(digits); ++t) {
      z3::expr_vector any(context_);
      for (int d = 0; d < 10; ++d) {
        is_.push_back(fresh());
        any.push_back(is_.back());
      }
      solver_.add(z3::mk_or(any));
      solver_.add(z3::atmost(any, 1));
    }
    for (int i = 0; i <= digits; ++i) carry_.push_back(fresh());
    for (int i = 0; i < digits; ++i) add_place(i);
    solver_.add(is({Role::sum, digits}, 1) == carry_[index(digits)]);
  }

  // Until the scope is closed, only pairs of the cube.
  void open(const Cube& cube) {
    solver_.push();
    for (int t = 0; t < token_count(digits_); ++t) {
      const Token token = token_at(t, digits_);
      for (int d = 0; d < 10; ++d)
        if (!(cube.allowed(token.role, token.place) >> d & 1)) solver_.add(!is(token, d));
    }
    for (int i = 0; i <= digits_; ++i)
      for (int c = 0; c < 2; ++c)
        if (!(cube.c[index(i)] >> c & 1)) solver_.add(!carry(i, c));
  }
  void close() {
    solver_.pop();
    among_.clear();
  }

  // Only pairs that meet the condition.
  void require(const Moves& moves) {
    if (moves.start == Moves::kNever) solver_.add(context_.bool_val(false));
    if (moves.start < 0) return;
    std::map<int, z3::expr> state{{moves.start, context_.bool_val(true)}};
    for (int place = 0; place <= digits_; ++place) {
      std::map<int, z3::expr> next;
      for (const Move& m : moves.at[index(place)]) {
        if (m.to == Moves::kDone) continue;
        z3::expr_vector clause(context_);
        clause.push_back(!state.at(m.from));
        clause.push_back(!carry(place, m.carry));
        if (place < digits_) {
          clause.push_back(!is({Role::a, place}, m.a));
          for (int b = 0; b < 10; ++b)
            if (!(m.b >> b & 1)) clause.push_back(is({Role::b, place}, b));
        }
        if (m.to != Moves::kNever) clause.push_back(next.try_emplace(m.to, fresh()).first->second);
        solver_.add(z3::mk_or(clause));
      }
      state = std::move(next);
    }
  }

  // In the scope: a pair whose target digit is the lemma's reaches one of the thresholds.
  void learn(const Lemma& lemma, int target_place) {
    z3::expr_vector clause(context_);
    clause.push_back(!is({Role::sum, target_place}, lemma.digit));
    for (const Threshold& t : lemma.escapes) clause.push_back(reaches(t));
    solver_.add(z3::mk_or(clause));
  }

  void leave_out(const Cube& cube) {
    z3::expr_vector other(context_);
    for (int t = 0; t < token_count(digits_); ++t) {
      const Token token = token_at(t, digits_);
      for (int d = 0; d < 10; ++d)
        if (!(cube.allowed(token.role, token.place) >> d & 1)) other.push_back(is(token, d));
    }
    solver_.add(z3::mk_or(other));
  }

  // False: a slice of time was not enough.
  bool check() {
    result_ = solver_.check();
    return result_ != z3::unknown;
  }
  std::optional<model::Pair> found() const {
    if (result_ == z3::unsat) return std::nullopt;
    const z3::model found = solver_.get_model();
    model::Pair pair;
    for (int i = 0; i < digits_; ++i)
      for (int d = 1; d < 10; ++d) {
        const std::uint64_t value = static_cast<std::uint64_t>(d) * model::power_of_ten(i);
        if (found.eval(is({Role::a, i}, d)).is_true()) pair.a += value;
        if (found.eval(is({Role::b, i}, d)).is_true()) pair.b += value;
      }
    return pair;
  }

 private:
  z3::expr fresh() { return context_.constant(context_.int_symbol(variables_++), context_.bool_sort()); }
  const z3::expr& is(Token token, int digit) const {
    return is_[index(token_index(token, digits_) * 10 + digit)];
  }
  z3::expr carry(int place, int value) const {
    return value == 1 ? carry_[index(place)] : !carry_[index(place)];
  }

  // a + b + c = s + 10 c', letter by letter (the rule `place` of smt_addition.cpp).
  void add_place(int i) {
    for (int a = 0; a < 10; ++a)
      for (int b = 0; b < 10; ++b)
        for (int c = 0; c < 2; ++c) {
          const int sum = a + b + c;
          const z3::expr other = !is({Role::a, i}, a) || !is({Role::b, i}, b) || !carry(i, c);
          solver_.add(other || is({Role::sum, i}, sum % 10));
          solver_.add(other || carry(i + 1, sum >= 10 ? 1 : 0));
        }
  }

  // Implies that the token's digit is one of these.
  z3::expr among(Token token, Digits digits) {
    const auto [found, fresh_one] =
        among_.try_emplace({token_index(token, digits_), digits}, context_.bool_val(true));
    if (!fresh_one) return found->second;
    found->second = fresh();
    z3::expr_vector clause(context_);
    clause.push_back(!found->second);
    for (int d = 0; d < 10; ++d)
      if (digits >> d & 1) clause.push_back(is(token, d));
    solver_.add(z3::mk_or(clause));
    return found->second;
  }

  // Implies that the threshold is reached. A weight is the sum of its increments over the next smaller one,
  // each counted if the digit is among those that weigh so much: then a token whose digit is open counts with
  // its largest weight, and not with the sum of all ten.
  z3::expr reaches(const Threshold& t) {
    z3::expr reached = fresh();
    z3::expr_vector terms(context_);
    std::vector<int> increments;
    for (const auto& [token, weight] : t.terms) {
      int below = 0;
      for (const int level : std::set<int>(weight.begin(), weight.end())) {
        if (level == 0) continue;
        Digits digits = 0;
        for (int d = 0; d < 10; ++d)
          if (weight[index(d)] >= level) digits = static_cast<Digits>(digits | only(d));
        terms.push_back(among(token, digits));
        increments.push_back(level - below);
        below = level;
      }
    }
    terms.push_back(!reached);
    increments.push_back(t.bound);
    solver_.add(z3::pbge(terms, increments.data(), t.bound));
    return reached;
  }

  int digits_, variables_ = 0;
  z3::context context_;
  z3::solver solver_;
  z3::check_result result_ = z3::unknown;
  std::vector<z3::expr> is_;     // [token_index * 10 + digit]
  std::vector<z3::expr> carry_;  // [place]: into it
  std::map<std::pair<int, Digits>, z3::expr> among_;
};

PairSolver::PairSolver(int digits) : z3_(std::make_unique<Z3>(digits)) {}
PairSolver::~PairSolver() = default;
void PairSolver::require(const Moves& moves) { z3_->require(moves); }
void PairSolver::open(const Cube& cube) { z3_->open(cube); }
void PairSolver::close() { z3_->close(); }
void PairSolver::learn(const Lemma& lemma, int target_place) { z3_->learn(lemma, target_place); }
void PairSolver::leave_out(const Cube& cube) { z3_->leave_out(cube); }

bool PairSolver::find(const Deadline& deadline) {
  do {
    if (deadline.passed()) return false;
  } while (!z3_->check());
  found_ = z3_->found();
  return true;
}

}  // namespace carryscope::verify
