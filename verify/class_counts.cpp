#include "verify/class_counts.h"

#include "verify/carries.h"

namespace carryscope::verify {

namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

// Letters by what they do to a carry: kill it, pass it on (a + b = 9), generate one.
enum Effect : std::size_t { kKill, kPass, kGenerate };
struct Letters {
  Count of[2][3] = {};  // [carry in][effect]
};

Letters letters_by_effect(const Cube& cube, int place) {
  Letters letters;
  for_each_letter(cube, place, [&](int a, int b, int, int in, int) {
    ++letters.of[in][a + b >= 10 ? kGenerate : a + b == 9 ? kPass : kKill];
  });
  return letters;
}

// paths[run][longest]: a carry is pending iff run > 0.
using Paths = std::vector<std::vector<Count>>;

Paths step(const Paths& paths, const Letters& letters) {
  const std::size_t size = paths.size();
  Paths next(size, std::vector<Count>(size, 0));
  for (std::size_t run = 0; run < size; ++run)
    for (std::size_t longest = run; longest < size; ++longest) {
      const Count here = paths[run][longest];
      if (here == 0) continue;
      const auto& of = letters.of[run > 0 ? 1 : 0];
      next[0][longest] += here * of[kKill];
      if (run == 0) next[0][longest] += here * of[kPass];
      if (run > 0 && run + 1 < size) next[run + 1][std::max(longest, run + 1)] += here * of[kPass];
      next[1][std::max(longest, std::size_t{1})] += here * of[kGenerate];
    }
  return next;
}

void walk(const Cube& cube, const std::vector<std::array<std::array<Count, 2>, 2>>& letters, int place,
          int carry, Count paths, std::size_t bits, std::vector<Count>& counts) {
  if (paths == 0) return;
  if (place == cube.digits) {
    if (allows_top(cube, carry)) counts[bits] += paths;
    return;
  }
  for (int out = 0; out < 2; ++out)
    walk(cube, letters, place + 1, out, paths * letters[index(place)][index(carry)][index(out)],
         bits | (index(out) << place), counts);
}

}  // namespace

std::vector<Count> count_by_cascade(const Cube& cube) {
  const std::size_t size = index(cube.digits) + 1;
  Paths paths(size, std::vector<Count>(size, 0));
  paths[0][0] = 1;
  for (int i = 0; i < cube.digits; ++i) paths = step(paths, letters_by_effect(cube, i));
  std::vector<Count> counts(size, 0);
  for (std::size_t run = 0; run < size; ++run)
    for (std::size_t longest = 0; longest < size; ++longest)
      if (allows_top(cube, run > 0)) counts[longest] += paths[run][longest];
  return counts;
}

void add_by_carries(const Cube& cube, std::vector<Count>& counts) {
  std::vector<std::array<std::array<Count, 2>, 2>> letters(index(cube.digits));
  for (int i = 0; i < cube.digits; ++i)
    for_each_letter(cube, i,
                    [&](int, int, int, int in, int out) { ++letters[index(i)][index(in)][index(out)]; });
  walk(cube, letters, 0, 0, 1, 0, counts);
}

}  // namespace carryscope::verify
