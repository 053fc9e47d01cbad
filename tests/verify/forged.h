// Certificates altered at one node, and what the checker must say of them: the leaf, by its name.
#pragma once

#include <functional>

#include "tests/verify/certified_model.h"

namespace carryscope::test::forged {

namespace check = verify::check;
using check::Certificate, check::Kind, check::Node, check::Tree;

// What the checker calls a leaf.
inline std::string name(const Tree& tree, const check::Cube& cube) {
  return "step " + std::to_string(tree.step) + ", query digit " + std::to_string(tree.symbol) + ", leaf " +
         to_string(cube) + ": ";
}

inline check::Cube part(check::Cube cube, int token, unsigned digits) {
  cube.at(token) = static_cast<std::uint16_t>(digits);
  return cube;
}

// The additions of a tree: its query reads the sum's digit before.
inline check::Cube root(const Certificate& c, const Tree& tree) {
  const check::Cube all = check::Cube::everything(c.layout.digits);
  return tree.step == 0 ? all : part(all, check::s_token(c.layout.digits, tree.step - 1), 1u << tree.symbol);
}

// Calls change(tree, node, cube) until it says which leaf it has made wrong.
using Change = std::function<std::string(Tree&, Node&, const check::Cube&)>;
inline std::string forge(Tree& tree, std::size_t at, const check::Cube& cube, const Change& change) {
  std::string wrong = change(tree, tree.nodes[at], cube);
  const Node node = tree.nodes[at];
  for (std::size_t i = 0; i < node.parts.size() && wrong.empty(); ++i)
    wrong = forge(tree, node.parts[i].node, part(cube, node.token, node.parts[i].digits), change);
  return wrong;
}
inline std::string forge(Certificate& c, const Change& change) {
  std::string wrong;
  for (Tree& tree : c.trees)
    if (wrong.empty()) wrong = forge(tree, 0, root(c, tree), change);
  EXPECT_NE(wrong, "") << "no node to forge";
  return wrong;
}

inline void expect_mention(const std::string& sentence, const std::string& what) {
  EXPECT_NE(sentence.find(what), std::string::npos)
      << "'" << sentence << "' does not mention '" << what << "'";
}

// Refused in a sentence that names the leaf and says what is wrong with it.
inline void expect_refused(const CertifiedModel& m, const Change& change, const std::string& what) {
  Certificate c = m.certificate;
  const std::string wrong = forge(c, change);
  const std::string why = refusal(c, m.checkpoint);
  EXPECT_EQ(why.find(wrong), 0U) << "'" << why << "' does not name '" << wrong << "'";
  expect_mention(why, what);
}

// Whether the sentence begins with the name of one of the certificate's leaves that claim something.
inline bool names_a_leaf_of(const Certificate& certificate, const std::string& sentence) {
  Certificate c = certificate;
  bool named = false;
  for (Tree& tree : c.trees)
    forge(tree, 0, root(c, tree), [&](Tree& t, Node& n, const check::Cube& cube) {
      named = named || (n.kind != Kind::split && sentence.starts_with(name(t, cube)));
      return std::string();
    });
  return named;
}

}  // namespace carryscope::test::forged
