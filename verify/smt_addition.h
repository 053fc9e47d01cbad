// The rules of addition that the engines rest on, each stated once, as data, and proved by Z3 for all digits.
//
// A rule has a mutant: the same with one thing changed, which must not hold. Z3 must find where, or the proof
// of the rule would be worth nothing.
#pragma once

#include <string>
#include <vector>

namespace carryscope::verify {

struct ProvenRule {
  std::string name, statement;
  bool proven = false;         // Z3: there is no counterexample
  std::string mutant;          // what is changed
  std::string counterexample;  // digits for which the mutant fails; empty: none was found
};

// All of them, in the order of the table (smt_addition.cpp).
std::vector<ProvenRule> prove_rules();

}  // namespace carryscope::verify
