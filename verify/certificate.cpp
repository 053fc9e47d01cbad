#include "verify/certificate.h"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "model/checkpoint/bytes.h"
#include "model/checkpoint/sha256.h"
#include "model/error.h"
#include "model/record.h"

namespace carryscope::verify {

namespace {

using model::ensure, model::put_little;

constexpr std::uint32_t kVersion = 1;
enum Kind { kSplit = 0, kVerdict = 1, kHyperplane = 2 };

std::size_t index(int i) { return static_cast<std::size_t>(i); }

void put_text(std::string& out, std::string_view text) {
  put_little(out, text.size(), 4);
  out += text;
}

void put_hash(std::string& out, const std::string& hex) {
  for (std::size_t i = 0; i < hex.size(); i += 2)
    put_little(out, std::stoul(hex.substr(i, 2), nullptr, 16), 1);
}

void put_count(std::string& out, Count n) {
  put_little(out, static_cast<std::uint64_t>(n), 8);
  put_little(out, static_cast<std::uint64_t>(n >> 64), 8);
}

void put_counts(std::string& out, const Counts& c) {
  for (const Count n : {c.correct, c.wrong, c.rounding, c.undecided}) put_count(out, n);
}

void put_slots(std::string& out, const std::vector<model::Slot>& slots) {
  put_little(out, slots.size(), 2);
  for (const model::Slot& s : slots) {
    const bool fixed = s.role == model::Role::fixed;
    put_little(out, static_cast<std::uint64_t>(s.role), 1);
    put_little(out, fixed ? 0 : static_cast<std::uint64_t>(s.place), 1);
    put_little(out, fixed ? static_cast<std::uint64_t>(s.token) : 0, 2);
  }
}

void put_layout(std::string& out, const model::Layout& layout) {
  put_little(out, static_cast<std::uint64_t>(layout.digits), 1);
  put_slots(out, layout.prompt);
  put_slots(out, layout.answer);
  for (const int t : layout.digit_tokens) put_little(out, static_cast<std::uint64_t>(t), 2);
  put_little(out, layout.end_token ? 1 : 0, 1);
  put_little(out, static_cast<std::uint64_t>(layout.end_token.value_or(0)), 2);
}

// The digits that a cube allows a token of the certificate: a_0.. b_0.. s_0..s_n c_0..c_n.
unsigned allowed(const Cube& cube, int token) {
  const int n = cube.digits;
  if (token < n) return cube.a[index(token)];
  if (token < 2 * n) return cube.b[index(token - n)];
  return token <= 3 * n ? cube.s[index(token - 2 * n)] : cube.c[index(token - 3 * n - 1)];
}

using Leaves = std::vector<const Leaf*>;

// Groups of digits of the token that no leaf straddles, by their smallest digit.
std::vector<unsigned> groups(const Leaves& leaves, int token) {
  std::vector<unsigned> found;
  for (const Leaf* leaf : leaves) {
    unsigned merged = allowed(leaf->cube, token);
    std::erase_if(found, [&](unsigned g) {
      const bool meets = (g & merged) != 0;
      if (meets) merged |= g;
      return meets;
    });
    found.push_back(merged);
  }
  std::ranges::sort(found, {}, [](unsigned g) { return std::countr_zero(g); });
  return found;
}

void put_leaf(std::string& out, const Leaf& leaf) {
  if (leaf.verdict == Verdict::undecided && (leaf.correct > 0 || leaf.wrong > 0)) {
    put_little(out, kHyperplane, 1);
    put_count(out, leaf.correct);
    put_count(out, leaf.wrong);
    return;
  }
  put_little(out, kVerdict, 1);
  put_little(out, static_cast<std::uint64_t>(leaf.verdict), 1);
}

// Of the tokens that separate the leaves, the one that makes the most parts of them.
void put_tree(std::string& out, const Leaves& leaves, int digits) {
  ensure(!leaves.empty(), "a question has leaves");
  if (leaves.size() == 1) return put_leaf(out, *leaves[0]);
  int best = -1;
  std::vector<unsigned> parts;
  for (int token = 0; token < 4 * digits + 2; ++token)
    if (auto found = groups(leaves, token); found.size() > std::max<std::size_t>(parts.size(), 1)) {
      best = token;
      parts = std::move(found);
    }
  ensure(best >= 0, "leaves that came from splits are separated by one");
  put_little(out, kSplit, 1);
  put_little(out, static_cast<std::uint64_t>(best), 1);
  put_little(out, parts.size(), 1);
  for (const unsigned part : parts) {
    put_little(out, part, 2);
    Leaves inside;
    std::ranges::copy_if(leaves, std::back_inserter(inside),
                         [&](const Leaf* leaf) { return (allowed(leaf->cube, best) & part) != 0; });
    put_tree(out, inside, digits);
  }
}

void put_trees(std::string& out, const Certification& c) {
  put_little(out, c.leaves.size(), 2);
  for (const QuestionLeaves& q : c.leaves) {
    put_little(out, static_cast<std::uint64_t>(q.step), 1);
    put_little(out, static_cast<std::uint64_t>(q.symbol), 1);
    Leaves leaves;
    for (const Leaf& leaf : q.leaves) leaves.push_back(&leaf);
    put_tree(out, leaves, c.digits);
  }
}

}  // namespace

std::string certificate_bytes(const model::Checkpoint& checkpoint, const Certification& c,
                              const std::string& command) {
  ensure(!c.leaves.empty(), "a certificate is made of leaves");
  std::string out = "carryscope-cert\n";
  put_little(out, kVersion, 4);
  put_text(out, fmt::format("carryscope {}", model::version()));
  put_text(out, command);
  put_hash(out, checkpoint.sha256);
  put_hash(out, model::sha256(checkpoint.decoder));
  put_little(out, c.semantics == Semantics::float32, 1);
  for (const double u : {c.ulps.exp, c.ulps.erf, c.ulps.tanh, c.ulps.sqrt, c.ulps.sincos})
    put_little(out, std::bit_cast<std::uint64_t>(u), 8);
  put_layout(out, checkpoint.decoder.layout);
  put_little(out, c.steps.size(), 1);
  for (const StepCounts& step : c.steps) put_counts(out, step.own);
  put_counts(out, c.pairs);
  std::string witnesses;
  std::uint32_t found = 0;
  for (const Region& r : c.regions) {
    if (r.predicted == r.example.a + r.example.b) continue;  // no try of this region failed in floats
    ++found;
    put_little(witnesses, static_cast<std::uint64_t>(r.step), 1);
    put_little(witnesses, r.example.a, 8);
    put_little(witnesses, r.example.b, 8);
  }
  put_little(out, found, 4);
  out += witnesses;
  put_trees(out, c);
  put_hash(out, model::sha256(model::as_bytes(out)));
  return out;
}

}  // namespace carryscope::verify
