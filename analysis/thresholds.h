// Whether one number tells classes apart: the best division of the line into one interval for each class.
#pragma once

#include <cstddef>
#include <vector>

namespace carryscope::analysis {

struct Division {
  std::size_t right = 0;           // values that lie in their own class's interval: the largest possible,
                                   // the intervals standing in the order of the classes' means
  std::vector<int> order;          // classes from low to high; an empty interval is possible
  std::vector<double> thresholds;  // between neighbours of `order`; a value at one belongs above
};

// label[i] is the class of value[i], 0 <= label < classes.
Division divide(const std::vector<double>& value, const std::vector<int>& label, int classes);

// The class whose interval holds the value.
int class_of(const Division& division, double value);

}  // namespace carryscope::analysis
