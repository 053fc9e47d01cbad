// The walk of count_each.h: down the places, cubes together as long as they agree.
#include "verify/count_each.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <unordered_map>

#include "verify/carries.h"

namespace carryscope::verify {
namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

using Ref = FailureDiagram::Ref;
using ByCarry = std::array<Count, 2>;

constexpr std::size_t kMostCached = 4'000'000;  // ways: 32 MB

// What a cube says of a place's letter.
auto allowed_letters(const Cube& cube, std::size_t i) {
  return std::tie(cube.a[i], cube.b[i], cube.s[i], cube.c[i], cube.c[i + 1]);
}

struct Item {
  const Cube* cube;
  std::vector<ByCarry> rest;  // completions from a place on, by the carry into it
  std::optional<Count>* result;
  Count nobody = 0;
};

// What is still to be read, and the ways there, by carry.
struct Reached {
  Ref node;
  ByCarry paths;
};

class Walk {
 public:
  Walk(const FailureDiagram& diagram, const Deadline& deadline, std::uint64_t& steps)
      : diagram_(diagram),
        deadline_(deadline),
        steps_(steps),
        everything_(Cube::everything(diagram.digits())),
        number_(diagram.size(), 0),
        free_ways_(index(diagram.digits())) {}

  // The items are in lexicographic order of what they say of the places, and say the same below `place`.
  void from(int place, const std::vector<Reached>& here, std::span<Item> items) {
    if (place == diagram_.digits()) return finish(here, items);
    for (const auto& alike : runs(place, items)) {
      if (steps_ == 0 || deadline_.passed()) return;
      from(place + 1, read(place, here, alike), alike);
    }
  }

 private:
  // A number of letters that lead to the same node.
  struct Way {
    Ref next;
    std::uint8_t in, out, letters;
  };

  // Items that agree on the place, those of the most pairs first.
  static std::vector<std::span<Item>> runs(int place, std::span<Item> items) {
    std::vector<std::span<Item>> found;
    const auto differ = [i = index(place)](const Item& x, const Item& y) {
      return allowed_letters(*x.cube, i) != allowed_letters(*y.cube, i);
    };
    while (!items.empty()) {
      const auto next = std::ranges::find_if(items, [&](const Item& x) { return differ(items[0], x); });
      found.push_back(items.first(static_cast<std::size_t>(next - items.begin())));
      items = items.subspan(found.back().size());
    }
    std::ranges::stable_sort(found, std::greater{}, [](std::span<Item> run) {
      Count sum = 0;
      for (const Item& item : run) sum += item.rest[0][0];
      return sum;
    });
    return found;
  }

  std::vector<Way> ways(const Cube& cube, int place, Ref x) const {
    std::vector<Way> found;
    for_each_letter(cube, place, [&](int a, int b, int, int in, int out) {
      const Ref next = diagram_.after(x, place, in, a, b);
      const auto known = std::ranges::find_if(
          found, [&](const Way& w) { return w.next == next && w.in == in && w.out == out; });
      if (known != found.end())
        ++known->letters;
      else
        found.push_back({next, static_cast<std::uint8_t>(in), static_cast<std::uint8_t>(out), 1});
    });
    return found;
  }

  // Where the digits are free, the same ones serve all cubes, which may allow fewer carries.
  const std::vector<Way>& ways_of(const Cube& cube, int place, Ref x, bool free) {
    auto& known = free_ways_[index(place)];
    if (const auto found = known.find(x); free && found != known.end()) return found->second;
    other_ = ways(free ? everything_ : cube, place, x);
    if (!free || (cached_ += other_.size()) > kMostCached) return other_;
    return known[x] = std::move(other_);
  }

  std::vector<Reached> read(int place, const std::vector<Reached>& here, std::span<Item> items) {
    const std::size_t i = index(place);
    const Cube& cube = *items[0].cube;
    const bool free = cube.a[i] == kAnyDigit && cube.b[i] == kAnyDigit && cube.s[i] == kAnyDigit;
    std::vector<Reached> above;
    ByCarry ended{0, 0};  // ways to nobody, whatever is read from here on
    for (const Reached& r : here)
      for (const Way& way : ways_of(cube, place, r.node, free)) {
        if (!(cube.c[i] >> way.in & 1) || !(cube.c[i + 1] >> way.out & 1)) continue;
        const Count paths = r.paths[way.in] * way.letters;
        if (way.next == diagram_.nothing()) ended[way.out] += paths;
        if (way.next <= diagram_.nothing()) continue;
        if (number_[way.next] == 0) {
          above.push_back({way.next, {0, 0}});
          number_[way.next] = static_cast<std::uint32_t>(above.size());
        }
        above[number_[way.next] - 1].paths[way.out] += paths;
      }
    steps_ -= std::min<std::uint64_t>(steps_, here.size());
    for (const Reached& r : above) number_[r.node] = 0;
    for (Item& item : items)
      for (std::size_t c = 0; c < 2; ++c) item.nobody += ended[c] * item.rest[i + 1][c];
    return above;
  }

  void finish(const std::vector<Reached>& here, std::span<Item> items) {
    for (Item& item : items) {
      for (const Reached& r : here)
        for (int c = 0; c < 2; ++c)
          if (diagram_.group(r.node, c) == diagram_.groups())
            item.nobody += r.paths[index(c)] * item.rest.back()[index(c)];
      *item.result = item.nobody;
    }
  }

  const FailureDiagram& diagram_;
  const Deadline& deadline_;
  std::uint64_t& steps_;
  const Cube everything_;
  std::vector<std::uint32_t> number_;  // of a node in the layer that is being made, plus one
  std::vector<std::unordered_map<Ref, std::vector<Way>>> free_ways_;  // by place
  std::vector<Way> other_;
  std::size_t cached_ = 0;
};

bool before(const Item& x, const Item& y) {
  for (std::size_t i = 0; i < index(x.cube->digits); ++i) {
    const auto of_x = allowed_letters(*x.cube, i), of_y = allowed_letters(*y.cube, i);
    if (of_x != of_y) return of_x < of_y;
  }
  return false;
}

}  // namespace

std::vector<std::optional<Count>> count_each(const FailureDiagram& diagram, Ref root,
                                             std::span<const Cube* const> cubes, const Deadline& deadline,
                                             std::uint64_t& steps) {
  std::vector<std::optional<Count>> counts(cubes.size());
  std::vector<Item> items;
  for (std::size_t i = 0; i < cubes.size(); ++i)
    items.push_back({cubes[i], completions(*cubes[i]), &counts[i]});
  std::ranges::sort(items, before);
  if (root == diagram.nothing())
    for (Item& item : items) *item.result = item.rest[0][0];
  else if (root > diagram.nothing())
    Walk(diagram, deadline, steps).from(0, {{root, {1, 0}}}, items);
  else
    for (Item& item : items) *item.result = 0;
  return counts;
}

}  // namespace carryscope::verify
