#include "verify/hyperplane.h"

#include <cmath>
#include <limits>
#include <vector>

#include "verify/rounding.h"

namespace carryscope::verify {

using model::Role;

namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

// Pairs per bin, negated, so that rounding upward never counts one too many; first_bin is the number of the
// first one.
struct Histogram {
  long first_bin = 0;
  std::vector<double> minus_pairs;

  bool empty() const { return minus_pairs.empty(); }
  void add(long bin, double minus) {
    if (empty()) first_bin = bin;
    if (bin < first_bin) {
      minus_pairs.insert(minus_pairs.begin(), static_cast<std::size_t>(first_bin - bin), 0.0);
      first_bin = bin;
    }
    if (const auto at = static_cast<std::size_t>(bin - first_bin); at >= minus_pairs.size())
      minus_pairs.resize(at + 1, 0.0);
    minus_pairs[static_cast<std::size_t>(bin - first_bin)] += minus;
  }
};

// Every sum of a bin of x and one of y.
void add_convolution(const Histogram& x, const Histogram& y, Histogram& sum) {
  if (x.empty() || y.empty()) return;
  const long first = x.first_bin + y.first_bin,
             last = first + static_cast<long>(x.minus_pairs.size() + y.minus_pairs.size()) - 2;
  sum.add(first, 0.0);
  sum.add(last, 0.0);
  double* const out = sum.minus_pairs.data() + (first - sum.first_bin);
  for (std::size_t j = 0; j < y.minus_pairs.size(); ++j) {
    const double pairs = -y.minus_pairs[j];
    if (pairs == 0.0) continue;
    for (std::size_t i = 0; i < x.minus_pairs.size(); ++i) out[i + j] += x.minus_pairs[i] * pairs;
  }
}

// The bin that a contribution is rounded up into.
class Bins {
 public:
  explicit Bins(double width) : width_(width) {}
  long of(double value) const { return static_cast<long>(std::ceil(value / width_)); }

 private:
  double width_;
};

// Largest magnitude of the constant and of any entry the cube allows; infinity where one is no number.
double magnitude(const Additive& f, const Cube& cube) {
  double largest = std::abs(f.constant);
  for (int t = 0; t < token_count(f.digits); ++t) {
    const Token token = token_at(t, f.digits);
    for (std::size_t d = 0; d < 10; ++d) {
      if (!(cube.allowed(token.role, token.place) >> d & 1)) continue;
      const double size = std::abs(f.of(token)[d]);
      if (!std::isfinite(size)) return std::numeric_limits<double>::infinity();
      largest = std::max(largest, size);
    }
  }
  return largest;
}

double range(const Additive& f, const Cube& cube) {
  double sum = 0.0;
  for (int t = 0; t < token_count(f.digits); ++t) sum += influence(f, cube, token_at(t, f.digits));
  return sum;
}

void histograms(const Additive& f, const Cube& cube, int place, const Bins& bins,
                Histogram (&letters)[2][2]) {
  const auto& fa = f.of({Role::a, place});
  const auto& fb = f.of({Role::b, place});
  const auto& fs = f.of({Role::sum, place});
  for_each_letter(cube, place, [&](int a, int b, int s, int in, int out) {
    letters[in][out].add(bins.of(fa[index(a)] + fb[index(b)] + fs[index(s)]), -1.0);
  });
}

Count below_zero(const Histogram& h) {
  double minus = 0.0;
  for (std::size_t i = 0; i < h.minus_pairs.size() && h.first_bin + static_cast<long>(i) < 0; ++i)
    minus += h.minus_pairs[i];
  return static_cast<Count>(-minus);
}

}  // namespace

Count count_negative(const Additive& f, const Cube& cube, int bins) {
  ensure_upward();
  const double width = range(f, cube) / bins;
  // Bins are numbered by integers: nothing may be infinite, or so much larger than the range.
  if (!(width > 0.0) || !(magnitude(f, cube) < 1e9 * width) || !(width < 1e300))
    return maximum(f, cube) < 0 ? count(cube) : 0;
  const Bins rounded(width);
  Histogram state[2];
  if (cube.c[0] & 1) state[0].add(rounded.of(f.constant), -1.0);
  for (int i = 0; i < cube.digits; ++i) {
    Histogram letters[2][2], next[2];
    histograms(f, cube, i, rounded, letters);
    for (int in = 0; in < 2; ++in)
      for (int out = 0; out < 2; ++out) add_convolution(state[in], letters[in][out], next[out]);
    state[0] = std::move(next[0]);
    state[1] = std::move(next[1]);
  }
  Count sum = 0;
  for (int carry = 0; carry < 2; ++carry) {
    if (!allows_top(cube, carry)) continue;
    Histogram top, all;
    top.add(rounded.of(f.of({Role::sum, cube.digits})[index(carry)]), -1.0);
    add_convolution(state[carry], top, all);
    sum += below_zero(all);
  }
  return sum;
}

}  // namespace carryscope::verify
