// Minimise: a smooth function of a few variables, by BFGS with differences for derivatives and a
// backtracking line search (Nocedal and Wright, Numerical Optimization, chapter 6). A local minimum at best;
// what it returns is never worse than the start.
#pragma once

#include <functional>
#include <vector>

namespace carryscope::analysis {

std::vector<double> minimise(const std::function<double(const std::vector<double>&)>& loss,
                             const std::vector<double>& start, int iterations);

}  // namespace carryscope::analysis
