// A certificate as the file has it (docs/certificate.md): claims, none of them believed.
#pragma once

#include "model/checkpoint/bytes.h"
#include "verify/check/chain.h"
#include "verify/check/value.h"

namespace carryscope::verify::check {

struct Counts {
  Count correct = 0, wrong = 0, rounding = 0, undecided = 0;
  Count total() const { return correct + wrong + rounding + undecided; }
  friend bool operator==(const Counts&, const Counts&) = default;
};

enum class Kind : std::uint8_t { split = 0, verdict = 1, hyperplane = 2 };

struct Node {
  struct Part {
    std::uint16_t digits = 0;  // of the token, bit d: digit d
    std::size_t node = 0;      // its place in Tree::nodes
  };
  Kind kind = Kind::verdict;
  int token = 0;                         // split
  std::vector<Part> parts;               // split
  Verdict verdict = Verdict::undecided;  // verdict
  Count correct = 0, wrong = 0;          // hyperplane: at least so many
};

struct Tree {
  int step = 0, symbol = 0;  // the question: which step, and the digit that its query token holds
  std::vector<Node> nodes;   // the root first
};

struct Witness {
  int step = 0;
  model::Pair pair;  // wrong at this step
};

struct Certificate {
  std::string program, command;
  std::string file_sha256, decoder_sha256;  // hexadecimal
  bool float32 = false;
  Ulps ulps;
  model::Layout layout;
  std::vector<Counts> steps;
  Counts total;
  std::vector<Witness> witnesses;
  std::vector<Tree> trees;
};

// Throws model::InputError naming `where`: damaged, cut short, a version or a kind it does not know.
Certificate read_certificate(model::ByteView bytes, const std::string& where);

}  // namespace carryscope::verify::check
