#include "analysis/rule.h"

#include <algorithm>

namespace carryscope::analysis {
namespace {

constexpr int kClasses = kNoDigit + 1;
constexpr std::size_t kMostExceptions = 300;

std::size_t index(int i) { return static_cast<std::size_t>(i); }

int sum_below(const Local& l) { return (l.a_below + l.b_below + l.carry_below) % 10; }

struct Feature {
  const char* name;
  bool here, below, sum_below;  // what it reads
  int (*value)(const Local& l);
};
constexpr Feature kFeatures[] = {
    {"a[t-1] + b[t-1] - s[t-1]", false, true, true,
     [](const Local& l) { return l.a_below + l.b_below - sum_below(l); }},
    {"a[t-1] + b[t-1]", false, true, false, [](const Local& l) { return l.a_below + l.b_below; }},
    {"s[t-1]", false, false, true, [](const Local& l) { return sum_below(l); }},
    {"a[t] + b[t]", true, false, false, [](const Local& l) { return l.a + l.b; }},
    {"a[t]", true, false, false, [](const Local& l) { return l.a; }},
    {"b[t]", true, false, false, [](const Local& l) { return l.b; }},
    {"a[t-1]", false, true, false, [](const Local& l) { return l.a_below; }},
    {"b[t-1]", false, true, false, [](const Local& l) { return l.b_below; }},
};

bool generated_before(const model::Layout& layout, int step, int place) {
  for (int t = 0; t < step; ++t)
    if (layout.answer[index(t)].place == place) return true;
  return false;
}

int to_add(const Local& l, int digit) { return digit == kNoDigit ? kNoDigit : (digit - l.a - l.b + 20) % 10; }

std::string result(int add) { return add == kNoDigit ? "no digit" : "add " + std::to_string(add); }

}  // namespace

Rule::Rule(const model::Layout& layout, int step, const std::vector<Local>& configurations,
           const Writes& writes) {
  const int place = layout.answer[index(step)].place;
  here_ = place < layout.digits;
  below_ = place > 0;
  sum_below_ = below_ && generated_before(layout, step, place - 1);
  std::vector<std::vector<int>> rows;
  std::vector<int> labels;
  for (const Local& l : configurations) {
    rows.push_back(features(l));
    labels.push_back(to_add(l, writes(l)));
  }
  tree_ = learn(rows, labels, kClasses);
  if (below_ && !sum_below_) return;  // what it reads does not tell configurations apart
  for (std::size_t i = 0; i < rows.size() && exceptions_.size() < kMostExceptions; ++i) {
    const Local& l = configurations[i];
    if (labels[i] != tree_(rows[i])) exceptions_[{l.a, l.b, l.a_below, l.b_below, sum_below(l)}] = labels[i];
  }
}

std::vector<int> Rule::features(const Local& l) const {
  std::vector<int> values;
  for (const Feature& f : kFeatures) {
    const bool readable = (!f.here || here_) && (!f.below || below_) && (!f.sum_below || sum_below_);
    values.push_back(readable ? f.value(l) : 0);
  }
  return values;
}

int Rule::add(const Local& l) const {
  const auto exception = exceptions_.find({l.a, l.b, l.a_below, l.b_below, sum_below(l)});
  return exception != exceptions_.end() ? exception->second : tree_(features(l));
}

int Rule::digit(const Local& l) const {
  const int more = add(l);
  return more == kNoDigit ? kNoDigit : (l.a + l.b + more) % 10;
}

std::string Rule::condition(const DecisionTree::Node& node) const {
  return std::string(kFeatures[index(node.feature)].name) + " >= " + std::to_string(node.threshold);
}

std::string Rule::condition(const Key& key) const {
  constexpr const char* kNames[] = {"a[t]", "b[t]", "a[t-1]", "b[t-1]", "s[t-1]"};
  const bool read[] = {here_, here_, below_, below_, sum_below_};
  std::string text;
  for (std::size_t i = 0; i < key.size(); ++i)
    if (read[i])
      text += (text.empty() ? "" : " && ") + std::string(kNames[i]) + " == " + std::to_string(key[i]);
  return text;
}

void Rule::print_text(std::size_t at, const std::string& indent, std::string& out) const {
  const DecisionTree::Node& node = tree_.nodes[at];
  if (node.feature < 0) {
    out += indent + result(node.label) + "\n";
    return;
  }
  const DecisionTree::Node &yes = tree_.nodes[node.yes], &no = tree_.nodes[node.no];
  if (yes.feature < 0 && no.feature < 0) {
    out += indent + "if " + condition(node) + ": " + result(yes.label) + ", else: " + result(no.label) + "\n";
    return;
  }
  out += indent + "if " + condition(node) + ":\n";
  print_text(node.yes, indent + "  ", out);
  out += indent + "else:\n";
  print_text(node.no, indent + "  ", out);
}

std::string Rule::text() const {
  std::string out = here_ ? "s[t] = (a[t] + b[t] + what is added) mod 10\n" : "s[t] = what is added\n";
  for (const auto& [key, add] : exceptions_) out += "if " + condition(key) + ": " + result(add) + ", else\n";
  print_text(0, "", out);
  return out;
}

void Rule::print_cpp(std::size_t at, const std::string& indent, std::string& out) const {
  const DecisionTree::Node& node = tree_.nodes[at];
  if (node.feature < 0) {
    out += indent + "return " + (node.label == kNoDigit ? "kNoDigit" : std::to_string(node.label)) + ";\n";
    return;
  }
  out += indent + "if (" + condition(node) + ") {\n";
  print_cpp(node.yes, indent + "  ", out);
  out += indent + "}\n";
  print_cpp(node.no, indent, out);
}

std::string Rule::cpp() const {
  std::string out;
  for (const auto& [key, add] : exceptions_)
    out += "  if (" + condition(key) + ") return " + (add == kNoDigit ? "kNoDigit" : std::to_string(add)) +
           ";\n";
  print_cpp(0, "  ", out);
  return out;
}

}  // namespace carryscope::analysis
