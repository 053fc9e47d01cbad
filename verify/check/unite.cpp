// Reduced decision diagrams (Bryant 1986) of "the smallest group that holds this pair". One pair is read as
// c_0 a_0 b_0, c_1 a_1 b_1, .., c_n: the carries are variables of their own, and only the count, which
// follows them, knows that the digits below determine them.
#include "verify/check/unite.h"

#include <algorithm>
#include <unordered_map>

namespace carryscope::verify::check {

namespace {

struct TooLarge {};

class Diagram {
 public:
  // Handles up to `nobody` are the constant functions; successors of other nodes come before them.
  using Ref = std::uint32_t;

  Diagram(int digits, int nobody, std::size_t most_nodes)
      : digits_(digits), nobody_(static_cast<Ref>(nobody)), most_(most_nodes), nodes_(nobody_ + 1) {
    for (Node& constant : nodes_) constant.level = 3 * digits + 1;
  }

  Ref of(const Member& member) {
    const Cube& cube = member.cube;
    const Ref group = static_cast<Ref>(member.group);
    const auto end = [&](int out) {
      return (cube.at(c_token(digits_, digits_)) & cube.at(s_token(digits_, digits_))) >> out & 1 ? group
                                                                                                  : nobody_;
    };
    Ref above = make({3 * digits_, {end(0), end(1)}});
    for (int place = digits_ - 1; place >= 0; --place) above = below(cube, place, above);
    return above;
  }

  // Pair by pair, the smaller of both groups.
  Ref smaller(Ref x, Ref y) {
    if (x > y) std::swap(x, y);
    if (x == y || x == 0 || y <= nobody_) return x;
    if (x == nobody_) return y;
    const std::uint64_t both = std::uint64_t{x} << 32 | y;
    if (const auto known = smaller_.find(both); known != smaller_.end()) return known->second;
    Node node{std::min(nodes_[x].level, nodes_[y].level), {}};
    for (int v = 0; v < values(node.level); ++v)
      node.next[index(v)] = smaller(successor(x, node.level, v), successor(y, node.level, v));
    return smaller_[both] = make(node);
  }

  std::vector<Count> count(Ref root) const {
    std::vector<Count> by_group(nobody_ + 1, 0);
    std::unordered_map<Ref, std::array<Count, 2>> layer{{root, {1, 0}}};  // pairs so far, by carry
    for (int place = 0; place < digits_; ++place) {
      std::unordered_map<Ref, std::array<Count, 2>> next;
      for (const auto& [x, pairs] : layer)
        for (int letter = 0; letter < 200; ++letter) {
          const int carry = letter / 100, a = letter / 10 % 10, b = letter % 10;
          if (pairs[index(carry)] == 0) continue;
          Ref to = successor(x, 3 * place, carry);
          to = successor(successor(to, 3 * place + 1, a), 3 * place + 2, b);
          next[to][a + b + carry >= 10] += pairs[index(carry)];
        }
      layer = std::move(next);
    }
    for (const auto& [x, pairs] : layer)
      for (int carry = 0; carry < 2; ++carry)
        by_group[successor(x, 3 * digits_, carry)] += pairs[index(carry)];
    return by_group;
  }

 private:
  struct Node {
    int level = 0;               // 3 i: the carry into place i; 3 i + 1: a_i; 3 i + 2: b_i
    std::array<Ref, 10> next{};  // by value; those that a carry does not have are 0
    bool operator==(const Node&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Node& node) const {
      std::uint64_t h = static_cast<std::uint64_t>(node.level) + 1;
      for (const Ref next : node.next) h = ((h ^ next) * 0x9E3779B97F4A7C15u) ^ (h >> 31);
      return h ^ (h >> 29);
    }
  };

  static std::size_t index(int i) { return static_cast<std::size_t>(i); }
  static int values(int level) { return level % 3 == 0 ? 2 : 10; }
  Ref successor(Ref x, int level, int value) const {
    return nodes_[x].level == level ? nodes_[x].next[index(value)] : x;
  }

  Ref make(const Node& node) {
    const auto first = node.next.begin();
    if (std::all_of(first, first + values(node.level), [&](Ref next) { return next == *first; }))
      return *first;
    const auto [known, made] = known_.try_emplace(node, static_cast<Ref>(nodes_.size()));
    if (made) nodes_.push_back(node);
    if (nodes_.size() > most_) throw TooLarge{};
    return known->second;
  }

  // The letters of a place that the cube allows lead on to `above`.
  Ref below(const Cube& cube, int place, Ref above) {
    const auto has = [&](int token, int digit) { return (cube.at(token) >> digit & 1) != 0; };
    Node carries{3 * place, {nobody_, nobody_}};
    for (int c = 0; c < 2; ++c) {
      if (!has(c_token(digits_, place), c)) continue;
      Node as{3 * place + 1, {}};
      for (int a = 0; a < 10; ++a) {
        Node bs{3 * place + 2, {}};
        for (int b = 0; b < 10; ++b) {
          const bool allowed = has(a_token(place), a) && has(b_token(digits_, place), b) &&
                               has(s_token(digits_, place), (a + b + c) % 10);
          bs.next[index(b)] = allowed ? above : nobody_;
        }
        as.next[index(a)] = make(bs);
      }
      carries.next[index(c)] = make(as);
    }
    return make(carries);
  }

  int digits_;
  Ref nobody_;
  std::size_t most_;
  std::vector<Node> nodes_;
  std::unordered_map<Node, Ref, Hash> known_;
  std::unordered_map<std::uint64_t, Ref> smaller_;
};

}  // namespace

std::optional<std::vector<Count>> unite(const std::vector<Member>& members, int groups, int digits,
                                        std::size_t most_nodes) try {
  Diagram diagram(digits, groups, most_nodes);
  // Neighbours first: they share most of what they restrict.
  std::vector<Diagram::Ref> parts;
  for (const Member& m : members) parts.push_back(diagram.of(m));
  while (parts.size() > 1) {
    const std::size_t half = parts.size() / 2;
    for (std::size_t i = 0; i < half; ++i) parts[i] = diagram.smaller(parts[2 * i], parts[2 * i + 1]);
    if (parts.size() % 2 == 1) parts[half] = parts.back();
    parts.resize(parts.size() - half);
  }
  return diagram.count(parts.empty() ? static_cast<Diagram::Ref>(groups) : parts[0]);
} catch (const TooLarge&) {
  return std::nullopt;
}

}  // namespace carryscope::verify::check
