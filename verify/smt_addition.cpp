#include "verify/smt_addition.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>
#include <z3++.h>

#include "model/addition.h"
#include "model/error.h"

namespace carryscope::verify {

namespace {

// Places one above the other, as integers: digits a, b, s in 0..9 and carries c, c' in 0..1 in and out, tied
// by a + b + c = s + 10 c'. The rule `place` says that s and c' are then what an addition makes them.
class Chain {
 public:
  Chain(z3::context& context, int places) : context_(context), solver_(context) {
    if (places > 0) carry_.push_back(number("c0", 1));
    for (int i = 0; i < places; ++i) {
      a_.push_back(number(fmt::format("a{}", i), 9));
      b_.push_back(number(fmt::format("b{}", i), 9));
      const z3::expr v = a_.back() + b_.back() + carry_.back();
      s_.push_back(number(fmt::format("s{}", i), 9));
      carry_.push_back(number(fmt::format("c{}", i + 1), 1));
      solver_.add(v == s_.back() + 10 * carry_.back());
    }
  }

  const z3::expr& a(int i = 0) const { return a_[static_cast<std::size_t>(i)]; }
  const z3::expr& b(int i = 0) const { return b_[static_cast<std::size_t>(i)]; }
  const z3::expr& s(int i = 0) const { return s_[static_cast<std::size_t>(i)]; }
  const z3::expr& carry(int i = 0) const { return carry_[static_cast<std::size_t>(i)]; }  // into place i
  int places() const { return static_cast<int>(a_.size()); }
  z3::expr integer(std::int64_t value) const { return context_.int_val(value); }
  z3::expr truth(bool value) const { return context_.bool_val(value); }
  // Any integer from 0.
  z3::expr unknown(const char* name) {
    z3::expr x = context_.int_const(name);
    solver_.add(x >= 0);
    named_.push_back(x);
    return x;
  }
  // How many digits have the property.
  z3::expr how_many(const std::function<z3::expr(int)>& property) const {
    z3::expr sum = integer(0);
    for (int d = 0; d < 10; ++d) sum = sum + z3::ite(property(d), integer(1), integer(0));
    return sum;
  }

  // The values at which the law fails; empty where it never does.
  std::string counterexample(const z3::expr& law) {
    solver_.add(!law);
    const z3::check_result result = solver_.check();
    model::ensure(result != z3::unknown, "Z3 decides every rule of addition");
    if (result == z3::unsat) return "";
    const z3::model found = solver_.get_model();
    std::string text;
    for (const z3::expr& x : named_)
      text +=
          fmt::format("{}{} = {}", text.empty() ? "" : ", ", x.to_string(), found.eval(x, true).to_string());
    return text;
  }

 private:
  z3::expr number(const std::string& name, int most) {
    z3::expr x = context_.int_const(name.c_str());
    solver_.add(x >= 0 && x <= most);
    named_.push_back(x);
    return x;
  }

  z3::context& context_;
  z3::solver solver_;
  std::vector<z3::expr> a_, b_, s_, carry_, named_;
};

struct Rule {
  const char* name;
  const char* statement;
  const char* mutant;
  int places;
  z3::expr (*law)(Chain& x, bool mutated);
};

z3::expr both(const Chain& x, int i) { return x.a(i) + x.b(i); }

z3::expr place(Chain& x, bool mutated) {
  const z3::expr v = both(x, 0) + x.carry(0);
  return x.s() == z3::mod(v, 10) && (x.carry(1) == 1) == (v >= (mutated ? 11 : 10));
}

z3::expr carry_from_digits(Chain& x, bool mutated) {
  return (x.carry(1) == 1) == (both(x, 0) - x.s() >= (mutated ? 10 : 5));
}

z3::expr carry_from_parity(Chain& x, bool mutated) {
  return x.carry(mutated ? 1 : 0) == z3::mod(both(x, 0) + x.s(), 2);
}

z3::expr generate_pass_kill(Chain& x, bool mutated) {
  return z3::implies(both(x, 0) >= 10, x.carry(1) == 1) && z3::implies(both(x, 0) <= 8, x.carry(1) == 0) &&
         z3::implies(both(x, 0) == (mutated ? 8 : 9), x.carry(1) == x.carry(0));
}

// Of every length up to the most digits: a carry into place 0 comes out above `length` places of nines.
z3::expr cascade(Chain& x, bool mutated) {
  z3::expr law = x.truth(true), nines = x.carry(0) == 1;
  for (int length = 1; length <= x.places(); ++length) {
    nines = nines && both(x, length - 1) == 9;
    law = law && z3::implies(nines, x.carry(length) == 1 && x.s(length - 1) == (mutated ? 9 : 0));
  }
  return law;
}

// The same without a carry: nothing comes out, and every sum digit is 9.
z3::expr no_cascade(Chain& x, bool mutated) {
  z3::expr law = x.truth(true), nines = x.carry(0) == (mutated ? 1 : 0);
  for (int length = 1; length <= x.places(); ++length) {
    nines = nines && both(x, length - 1) == 9;
    law = law && z3::implies(nines, x.carry(length) == 0 && x.s(length - 1) == 9);
  }
  return law;
}

// Of every number of digits: the sum of the operands is the number that the sum digits and the last carry
// spell.
z3::expr spelled(Chain& x, bool mutated) {
  z3::expr law = x.truth(true), operands = x.carry(0), sum = x.integer(0);
  for (int n = 1; n <= x.places(); ++n) {
    const z3::expr unit = x.integer(static_cast<std::int64_t>(model::power_of_ten(n - 1)));
    operands = operands + unit * both(x, n - 1);
    sum = sum + unit * x.s(n - 1);
    law = law && operands == (mutated ? sum : sum + 10 * unit * x.carry(n));
  }
  return law;
}

z3::expr letters_that_carry(Chain& x, bool mutated) {
  const z3::expr carrying = x.how_many([&](int b) { return x.a() + b + x.carry(0) >= 10; });
  z3::expr letters = x.integer(0);
  for (int a = 0; a < 10; ++a) letters = letters + a + x.carry(0);
  return carrying == (mutated ? x.a() : x.a() + x.carry(0)) && letters == 45 + 10 * x.carry(0);
}

z3::expr letters_that_pass(Chain& x, bool mutated) {
  return x.how_many([&](int b) { return x.a() + b == (mutated ? 8 : 9); }) == 1;
}

z3::expr letters_of_a_sum(Chain& x, bool mutated) {
  const z3::expr& c = x.carry(0);
  return x.how_many([&](int b) {
    const z3::expr v = x.a() + b;
    return mutated ? z3::mod(v, 10) == x.s() || z3::mod(v + 1, 10) == x.s() : z3::mod(v + c, 10) == x.s();
  }) == 1;
}

// zero and one: pairs of n digits without and with a last carry; `power` = 10^n.
z3::expr volumes(Chain& x, bool mutated) {
  const z3::expr power = x.unknown("power"), zero = x.unknown("zero"), one = x.unknown("one");
  const z3::expr now = 2 * zero == power * (power + 1) && 2 * one == power * (power - 1);
  const z3::expr keep = x.integer(mutated ? 45 : 55), flip = x.integer(mutated ? 55 : 45);
  const z3::expr larger = 10 * power;
  const z3::expr then = 2 * (keep * zero + flip * one) == larger * (larger + 1) &&
                        2 * (flip * zero + keep * one) == larger * (larger - 1);
  return z3::implies(now, then);
}

// Letters of a place split into two parts: m and k of them lead from no carry, p and q from a carry.
z3::expr parts_add_up(Chain& x, bool mutated) {
  const z3::expr m = x.unknown("m"), k = x.unknown("k"), p = x.unknown("p"), q = x.unknown("q"),
                 zero = x.unknown("zero"), one = x.unknown("one"), shared = x.unknown("shared");
  const z3::expr whole = mutated ? m + k - shared : m + k;
  return whole * zero + (p + q) * one == (m * zero + p * one) + (k * zero + q * one);
}

constexpr Rule kRules[] = {
    {"place", "a + b + c = s + 10 c' makes s = (a + b + c) mod 10, and c' = 1 exactly if a + b + c >= 10",
     ">= 11", 1, place},
    {"carry from digits", "c' = 1 exactly if a + b - s >= 5", ">= 10", 1, carry_from_digits},
    {"carry from parity", "c = (a + b + s) mod 2", "c' instead of c", 1, carry_from_parity},
    {"generate, pass on, kill", "a + b >= 10 gives c' = 1, a + b <= 8 gives c' = 0, a + b = 9 gives c' = c",
     "a + b = 8 gives c' = c", 1, generate_pass_kill},
    {"cascade", "a carry into k places of digit sum 9 leaves them, and writes zeros; k = 1 .. 18",
     "writes nines", model::kMaxDigits, cascade},
    {"no cascade", "without a carry into them nothing leaves k places of digit sum 9, which read nines",
     "with a carry", model::kMaxDigits, no_cascade},
    {"spelled sum", "A + B + c_0 is the number of digits s_0 .. s_(n-1), c_n; n = 1 .. 18", "c_n left out",
     model::kMaxDigits, spelled},
    {"letters that carry", "for each a and c, exactly a + c digits b give c' = 1: 45 + 10 c letters of 100",
     "exactly a", 1, letters_that_carry},
    {"letters that pass", "for each a, exactly one digit b makes a + b = 9", "= 8", 1, letters_that_pass},
    {"letters of a sum digit", "for each a, c and s, exactly one digit b writes s", "whatever c is", 1,
     letters_of_a_sum},
    {"volumes",
     "10^n (10^n + 1) / 2 pairs have c_n = 0 and 10^n (10^n - 1) / 2 have c_n = 1: one more place "
     "(55 letters keep the carry, 45 change it) gives the same for n + 1",
     "45 keep, 55 change", 0, volumes},
    {"parts add up", "where a token's digits are split in two, the pairs of both parts add up to the whole",
     "parts that share letters", 0, parts_add_up},
};

std::string counterexample(const Rule& rule, int places, bool mutated) {
  z3::context context;
  Chain chain(context, places);
  return chain.counterexample(rule.law(chain, mutated));
}

}  // namespace

std::vector<ProvenRule> prove_rules() {
  std::vector<ProvenRule> proven;
  for (const Rule& rule : kRules) {
    ProvenRule p{rule.name, rule.statement, counterexample(rule, rule.places, false).empty(), rule.mutant,
                 ""};
    for (int places = std::min(rule.places, 1); places <= rule.places && p.counterexample.empty(); ++places)
      p.counterexample = counterexample(rule, places, true);
    proven.push_back(std::move(p));
  }
  return proven;
}

}  // namespace carryscope::verify
