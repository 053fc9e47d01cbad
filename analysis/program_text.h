// A program of rules as text for people and as C++ that compiles without warnings.
#pragma once

#include "analysis/rule.h"

namespace carryscope::analysis {

// A rule and the steps that share it, with their places.
struct SharedRule {
  Rule rule;
  std::vector<int> steps, places;
};

// `head`: some lines on where it comes from, each ended.
std::string program_text(const std::string& head, const std::vector<SharedRule>& rules);
// A function carryscope_program(a, b, s), and a main that adds the pairs it reads.
std::string program_cpp(const std::string& head, const std::vector<SharedRule>& rules, int digits);

}  // namespace carryscope::analysis
