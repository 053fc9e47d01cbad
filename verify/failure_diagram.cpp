#include "verify/failure_diagram.h"

#include <algorithm>
#include <bit>

#include "verify/carries.h"

namespace carryscope::verify {

namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }
constexpr std::size_t kFirstSlots = 1 << 12, kMostKnown = 1 << 20, kCheckEvery = 1 << 12;

// A cube's sets one after the other: s_0 .., a_0 .., b_0 .., c_0 ...
int components(const Cube& cube) { return 4 * cube.digits + 2; }
unsigned component(const Cube& cube, int i) {
  const int n = cube.digits;
  if (i <= n) return cube.s[index(i)];
  if (i <= 2 * n) return cube.a[index(i - n - 1)];
  if (i <= 3 * n) return cube.b[index(i - 2 * n - 1)];
  return cube.c[index(i - 3 * n - 1)];
}

// The sets that the cubes allow for a component, where any two are equal or disjoint and not all are
// equal; else nothing.
std::vector<unsigned> branches(const std::vector<const Cube*>& cubes, int at) {
  std::vector<unsigned> sets;
  for (const Cube* cube : cubes) {
    const unsigned set = component(*cube, at);
    bool known = false;
    for (const unsigned other : sets) {
      if (set == other) known = true;
      if (set != other && (set & other)) return {};
    }
    if (!known) sets.push_back(set);
  }
  return sets.size() > 1 ? sets : std::vector<unsigned>{};
}

}  // namespace

FailureDiagram::FailureDiagram(int digits, int groups, std::size_t most_nodes, const Deadline& deadline)
    : digits_(digits),
      nobody_(static_cast<Ref>(groups)),
      most_nodes_(most_nodes),
      deadline_(deadline),
      nodes_(index(groups) + 1, Node{3 * digits + 1, {}}) {
  index_nodes(kFirstSlots);
}

std::uint64_t FailureDiagram::hash(const Node& node) {
  std::uint64_t h = static_cast<std::uint64_t>(node.level) + 1;
  for (const Ref next : node.next) {
    h = (h ^ next) * 0x9E3779B97F4A7C15u;
    h ^= h >> 29;
  }
  return h;
}

void FailureDiagram::index_nodes(std::size_t slots) {
  slots_.assign(slots, 0);
  known_.assign(std::min(slots, kMostKnown), {});
  for (Ref x = nobody_ + 1; x < nodes_.size(); ++x) {
    std::size_t at = hash(nodes_[x]) & (slots - 1);
    while (slots_[at] != 0) at = (at + 1) & (slots - 1);
    slots_[at] = x;
  }
}

void FailureDiagram::check_budget() {
  if (nodes_.size() >= most_nodes_ || (++checks_ % kCheckEvery == 0 && deadline_.passed()))
    throw DiagramTooLarge{};
}

FailureDiagram::Ref FailureDiagram::make(const Node& node) {
  const auto first = node.next.begin(), last = first + values(node.level);
  if (std::all_of(first, last, [&](Ref next) { return next == *first; })) return *first;
  std::size_t at = hash(node) & (slots_.size() - 1);
  for (; slots_[at] != 0; at = (at + 1) & (slots_.size() - 1))
    if (nodes_[slots_[at]] == node) return slots_[at];
  const Ref made = static_cast<Ref>(nodes_.size());
  nodes_.push_back(node);
  slots_[at] = made;
  if (2 * nodes_.size() > slots_.size()) index_nodes(2 * slots_.size());
  return made;
}

FailureDiagram::Ref FailureDiagram::of_place(const Cube& cube, int place, Ref above) {
  const std::size_t i = index(place);
  Node carry{3 * place, {nobody_, nobody_}};
  for (int c = 0; c < 2; ++c) {
    if (!(cube.c[i] >> c & 1)) continue;
    Node as{3 * place + 1, {}};
    for (int a = 0; a < 10; ++a) {
      as.next[index(a)] = nobody_;
      if (!(cube.a[i] >> a & 1)) continue;
      Node bs{3 * place + 2, {}};
      for (int b = 0; b < 10; ++b) {
        const bool allowed = (cube.b[i] >> b & 1) && (cube.s[i] >> ((a + b + c) % 10) & 1);
        bs.next[index(b)] = allowed ? above : nobody_;
      }
      as.next[index(a)] = make(bs);
    }
    carry.next[index(c)] = make(as);
  }
  if (place == 0) carry.next[1] = carry.next[0];  // there is no carry into the ones
  return make(carry);
}

FailureDiagram::Ref FailureDiagram::of_cube(const Cube& cube, Ref group) {
  check_budget();
  const Cube any = Cube::everything(digits_);
  const std::size_t n = index(digits_);
  Ref root =
      make({3 * digits_, {allows_top(cube, 0) ? group : nobody_, allows_top(cube, 1) ? group : nobody_}});
  for (std::size_t i = n; i-- > 0;)
    if (cube.a[i] != any.a[i] || cube.b[i] != any.b[i] || cube.s[i] != any.s[i] || cube.c[i] != any.c[i])
      root = of_place(cube, static_cast<int>(i), root);
  return root;
}

FailureDiagram::Ref FailureDiagram::fold(std::vector<Ref> parts) {
  if (parts.empty()) return nobody_;
  while (parts.size() > 1) {
    const std::size_t half = parts.size() / 2;
    for (std::size_t i = 0; i < half; ++i) parts[i] = smaller(parts[2 * i], parts[2 * i + 1]);
    if (parts.size() % 2 == 1) parts[half] = parts.back();
    parts.resize((parts.size() + 1) / 2);
  }
  return parts[0];
}

// Takes the cubes together in the reverse order of their splitting: what comes between stays small.
FailureDiagram::Ref FailureDiagram::of_tree(const Cubes& cubes, Ref group) {
  std::vector<Ref> parts;
  for (int i = 0; cubes.size() > 1 && i < components(*cubes[0]); ++i) {
    const std::vector<unsigned> sets = branches(cubes, i);
    if (sets.empty()) continue;
    for (const unsigned set : sets) {
      Cubes part;
      for (const Cube* cube : cubes)
        if (component(*cube, i) == set) part.push_back(cube);
      parts.push_back(of_tree(part, group));
    }
    return fold(std::move(parts));
  }
  for (const Cube* cube : cubes) parts.push_back(of_cube(*cube, group));
  return fold(std::move(parts));
}

FailureDiagram::Ref FailureDiagram::of(const std::vector<Cube>& cubes, int group) {
  Cubes all;
  for (const Cube& cube : cubes) all.push_back(&cube);
  return of_tree(all, static_cast<Ref>(group));
}

FailureDiagram::Ref FailureDiagram::smaller(Ref x, Ref y) {
  if (x == y || y == nobody_) return x;
  if (x == nobody_) return y;
  if (x > y) std::swap(x, y);
  if (x == 0 || constant(y)) return x;
  const std::uint32_t mixed = x * 0x9E3779B1u ^ y * 0x85EBCA6Bu;
  const Known& known = known_[mixed % known_.size()];
  if (known.x == x && known.y == y) return known.result;
  check_budget();
  Node node{std::min(nodes_[x].level, nodes_[y].level), {}};
  for (int value = 0; value < values(node.level); ++value)
    node.next[index(value)] = smaller(successor(x, node.level, value), successor(y, node.level, value));
  const Ref result = make(node);
  known_[mixed % known_.size()] = {x, y, result};  // there may be more of them by now
  return result;
}

FailureDiagram::Ref FailureDiagram::keep_only(Ref root) {
  std::vector<Ref> renamed(nodes_.size(), 0);  // first: whether it is reached
  renamed[root] = 1;
  for (Ref x = root; x > nobody_; --x)
    if (renamed[x] != 0)
      for (const Ref next : nodes_[x].next) renamed[next] = 1;
  Ref kept = nobody_ + 1;
  for (Ref x = 0; x <= root; ++x) {
    if (constant(x)) {
      renamed[x] = x;
    } else if (renamed[x] != 0) {
      Node node = nodes_[x];
      for (int value = 0; value < values(node.level); ++value)
        node.next[index(value)] = renamed[node.next[index(value)]];
      renamed[x] = kept;
      nodes_[kept++] = node;
    }
  }
  nodes_.resize(kept);
  index_nodes(std::max(kFirstSlots, std::bit_ceil(4 * nodes_.size())));
  return renamed[root];
}

// Paths to the nodes that are still to be read, by the carry into the place.
std::vector<Count> FailureDiagram::count(Ref root, const Cube& within) const {
  const auto rest = completions(within);
  std::vector<Count> by_group(index(groups()) + 1, 0);
  std::vector<Reached> here{{root, {1, 0}}}, above;
  std::vector<std::uint32_t> number(nodes_.size(), 0);  // in `above`, plus one
  const auto arrive = [&](Ref x, int place, int carry, Count paths) {
    if (constant(x)) {
      by_group[x] += paths * rest[index(place)][index(carry)];
      return;
    }
    if (number[x] == 0) {
      above.push_back({x, {0, 0}});
      number[x] = static_cast<std::uint32_t>(above.size());
    }
    above[number[x] - 1].paths[index(carry)] += paths;
  };
  for (int place = 0; place < digits_; ++place) {
    for (const auto& [x, paths] : here)
      for_each_letter(within, place, [&, x = x, &paths = paths](int a, int b, int, int in, int out) {
        if (paths[index(in)] > 0) arrive(after(x, place, in, a, b), place + 1, out, paths[index(in)]);
      });
    for (const Reached& r : above) number[r.node] = 0;
    here.swap(above);
    above.clear();
  }
  for (const auto& [x, paths] : here)
    for (int c = 0; c < 2; ++c)
      by_group[successor(x, 3 * digits_, c)] += paths[index(c)] * rest[index(digits_)][index(c)];
  return by_group;
}

}  // namespace carryscope::verify
