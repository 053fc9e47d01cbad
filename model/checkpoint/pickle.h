// What a pickle describes, as plain data: an arena of nodes that refer to each other by number, so that
// a pickle that refers to itself or nests a million deep costs no stack. Nodes may form cycles; whoever
// walks them follows only the shape that it expects.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace carryscope::model {

struct PickleNode {
  enum class Kind : std::uint8_t {
    none,
    boolean,
    integer,
    real,
    text,
    tuple,
    list,
    dict,
    global,
    storage,
    tensor
  };
  Kind kind = Kind::none;
  std::int64_t integer = 0;  // boolean, integer; storage: number of elements
  double real = 0;
  std::string text;        // text; global: module.name; storage: its key in the archive
  std::vector<int> items;  // tuple, list: members; dict: key, value, key, value ...;
                           // storage: its type (global); tensor: storage, offset, shape, stride
};

struct Pickle {
  std::vector<PickleNode> nodes;
  int root = 0;

  const PickleNode& at(int node) const { return nodes[static_cast<std::size_t>(node)]; }
  const PickleNode& operator*() const { return at(root); }
  // The value under a text key of a dict, the last one if it comes twice; nullptr where there is none.
  const PickleNode* find(const PickleNode& dict, std::string_view key) const;
};

std::string_view kind_name(PickleNode::Kind kind);

}  // namespace carryscope::model
