// Rule: what one step computes, as a decision over the digits at its place and the place below.
//
//   digit = (a_t + b_t + add) mod 10,   add = tree(features of the local configuration), but for exceptions.
// A rule reads the sum's digit below where that is generated before, and no carries: these it has to infer.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <string>

#include "analysis/decision_tree.h"
#include "analysis/local.h"

namespace carryscope::analysis {

inline constexpr int kNoDigit = 10;  // in place of a digit or what is to be added: some other token

class Rule {
 public:
  // What the model writes at one configuration: a digit or kNoDigit.
  using Writes = std::function<int(const Local&)>;
  Rule() = default;
  Rule(const model::Layout& layout, int step, const std::vector<Local>& configurations, const Writes& writes);

  int digit(const Local& l) const;  // or kNoDigit

  // "if a[t-1] + b[t-1] - s[t-1] >= 5 ..." without its place: the same of two steps that do the same.
  std::string text() const;
  // The body of int f(const int* a, const int* b, const int* s, int t), which returns what is to be added.
  std::string cpp() const;
  std::size_t tests() const { return tree_.tests(); }
  std::size_t exceptions() const { return exceptions_.size(); }

 private:
  using Key = std::array<int, 5>;  // a, b, a below, b below, s below
  std::vector<int> features(const Local& l) const;
  int add(const Local& l) const;
  std::string condition(const DecisionTree::Node& node) const;
  std::string condition(const Key& key) const;
  void print_text(std::size_t node, const std::string& indent, std::string& out) const;
  void print_cpp(std::size_t node, const std::string& indent, std::string& out) const;

  bool here_ = false, below_ = false, sum_below_ = false;  // what there is to read
  DecisionTree tree_;
  std::map<Key, int> exceptions_;  // what is to be added
};

}  // namespace carryscope::analysis
