// FailureDiagram: which group of leaves claims each pair, as reduced decision diagrams.
//
// Leaves of different steps overlap, and their union as disjoint cubes explodes: steps look at
// different places. A diagram reads an addition from the ones up, at each place the carry c_i, then
// a_i, then b_i, at last c_n; equal nodes are one, and a node whose successors agree is left out
// (Bryant 1986, with ten values a variable and one terminal a group). Its size follows the set, not
// the number of leaves. The carry is a variable of its own, though the digits below determine it: so
// a leaf is a node or two for each place that it restricts, and the leaves of one step unite cheaply.
// What a diagram says where the carries contradict the digits means nothing; no count walks there.
#pragma once

#include <array>
#include <vector>

#include "verify/cube.h"
#include "verify/deadline.h"

namespace carryscope::verify {

// Thrown where a diagram would need more nodes or more time than it was given.
struct DiagramTooLarge {};

class FailureDiagram {
 public:
  // A function from additions to groups 0 .. groups; `groups` stands for pairs that no leaf holds.
  // Handles below groups + 1 are the constant functions.
  using Ref = std::uint32_t;

  // The deadline must outlive the diagram.
  FailureDiagram(int digits, int groups, std::size_t most_nodes, const Deadline& deadline);

  int digits() const { return digits_; }
  int groups() const { return static_cast<int>(nobody_); }
  Ref nothing() const { return nobody_; }

  // `group` on the cubes, nobody elsewhere. Quick where the cubes are leaves of one split tree.
  Ref of(const std::vector<Cube>& cubes, int group);
  // The smaller group of both, addition by addition.
  Ref smaller(Ref x, Ref y);
  // Forgets all diagrams but this one, whose new handle it returns.
  Ref keep_only(Ref root);

  // Additions of the cube by group, groups + 1 entries.
  std::vector<Count> count(Ref root, const Cube& within) const;

  // What is left to read of x after the letter (a, b) of a place in carry state c; all places below were
  // read before.
  Ref after(Ref x, int place, int c, int a, int b) const {
    return successor(successor(successor(x, 3 * place, c), 3 * place + 1, a), 3 * place + 2, b);
  }
  // The group once all letters are read and the last carry is c.
  int group(Ref x, int c) const { return static_cast<int>(successor(x, 3 * digits_, c)); }

  std::size_t size() const { return nodes_.size(); }

 private:
  struct Node {
    int level = 0;               // 3 i: the carry into place i; 3 i + 1: a_i; 3 i + 2: b_i
    std::array<Ref, 10> next{};  // by value; unused ones are 0
    bool operator==(const Node&) const = default;
  };
  struct Known {  // smaller(x, y) = result
    Ref x = 0, y = 0, result = 0;
  };
  using Cubes = std::vector<const Cube*>;

  struct Reached {
    Ref node = 0;
    std::array<Count, 2> paths{};  // by carry
  };
  bool constant(Ref x) const { return x <= nobody_; }
  static int values(int level) { return level % 3 == 0 ? 2 : 10; }
  static std::uint64_t hash(const Node& node);
  Ref successor(Ref x, int level, int value) const {
    return nodes_[x].level == level ? nodes_[x].next[static_cast<std::size_t>(value)] : x;
  }
  Ref make(const Node& node);
  void index_nodes(std::size_t slots);
  void check_budget();
  Ref of_cube(const Cube& cube, Ref group);
  Ref of_place(const Cube& cube, int place, Ref above);
  Ref of_tree(const Cubes& cubes, Ref group);
  Ref fold(std::vector<Ref> parts);

  int digits_;
  Ref nobody_;
  std::size_t most_nodes_;
  const Deadline& deadline_;
  std::vector<Node> nodes_;   // successors come before; the first groups + 1 are the constants
  std::vector<Ref> slots_;    // open addressing; 0: empty
  std::vector<Known> known_;  // as many as slots, up to a limit
  std::uint32_t checks_ = 0;  // of the budget
};

}  // namespace carryscope::verify
