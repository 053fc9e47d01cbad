// DecisionTree: a small tree of tests `feature >= threshold` that tells the classes of given rows.
//
// Grown best first by the Gini impurity (Breiman et al. 1984), as long as a test is worth its line. Earlier
// features win ties, so put first what reads best.
#pragma once

#include <cstddef>
#include <vector>

namespace carryscope::analysis {

struct DecisionTree {
  struct Node {
    int feature = -1, threshold = 0;  // feature < 0: a leaf
    std::size_t yes = 0, no = 0;      // nodes: where feature >= threshold, and where not
    int label = 0;                    // the most frequent class; of a leaf, the answer
  };
  std::vector<Node> nodes;  // the first is the root

  int operator()(const std::vector<int>& row) const;  // row: a value for each feature
  std::size_t tests() const { return nodes.size() / 2; }
};

// rows[i] has class label[i], 0 <= label < classes. There is at least one row.
DecisionTree learn(const std::vector<std::vector<int>>& rows, const std::vector<int>& label, int classes);

}  // namespace carryscope::analysis
