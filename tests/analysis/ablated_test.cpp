// Ablated models counted by the search against brute force over all pairs: a forward pass that cuts keys,
// heads and neurons as it goes, and the plain one of an edited decoder.
#include "analysis/ablated.h"

#include <gtest/gtest.h>

#include "analysis/plain_step.h"
#include "analysis/wrong_pairs.h"
#include "tests/analysis/ablated_reference.h"
#include "tests/verify/random_models.h"

namespace carryscope {
namespace {

using analysis::EditedStep, analysis::KeyAblation, analysis::Network, analysis::WrongPairs;
using model::Decoder;
using test::brute_force, test::Cut, test::CutTruth;

std::size_t index(int i) { return static_cast<std::size_t>(i); }

// Each step by either search, then all of them together.
void expect_counted(const Network& network, const std::vector<std::vector<EditedStep>>& steps,
                    const CutTruth& truth, const std::string& what) {
  SCOPED_TRACE(what);
  for (const bool seems_right : {false, true}) {
    std::vector<WrongPairs> counted;
    for (std::size_t step = 0; step < steps.size(); ++step) {
      SCOPED_TRACE("step " + std::to_string(step));
      counted.push_back(wrong_pairs(network, steps[step], seems_right));
      const verify::Counts& n = counted.back().pairs;
      EXPECT_LE(static_cast<std::uint64_t>(n.undecided), truth.unclear[step]);
      EXPECT_LE(static_cast<std::uint64_t>(n.wrong), truth.wrong[step] + truth.unclear[step]);
      EXPECT_GE(static_cast<std::uint64_t>(n.wrong + n.undecided), truth.wrong[step]);
      EXPECT_EQ(n.wrong + n.correct + n.undecided, n.total);
      analysis::PlainStep plain(steps[step]);
      for (const verify::Leaf& leaf : counted.back().leaves) {
        if (leaf.verdict != verify::Verdict::wrong) continue;
        const model::Pair pair = verify::nth_pair(leaf.cube, leaf.pairs / 2);
        EXPECT_FALSE(plain.margin(plain(pair), pair) > 1e-9 && truth.unclear[step] == 0);
      }
    }
    const verify::Deadline none(verify::kInfinity);
    const verify::Counts all = wrong_anywhere(counted, network.decoder.layout.digits, none);
    EXPECT_LE(static_cast<std::uint64_t>(all.wrong), truth.wrong.back() + truth.unclear.back());
    EXPECT_GE(static_cast<std::uint64_t>(all.wrong + all.undecided), truth.wrong.back());
  }
}

std::vector<std::vector<EditedStep>> whole_steps(const Network& network) {
  std::vector<std::vector<EditedStep>> steps;
  for (int step = 0; step < network.decoder.layout.answer_digits(); ++step)
    steps.push_back(whole_step(network, step));
  return steps;
}

std::vector<std::vector<EditedStep>> without_key(const Network& network, int position,
                                                 const KeyAblation& how) {
  const model::Layout& layout = network.decoder.layout;
  auto steps = whole_steps(network);
  for (auto& edits : steps)
    for (verify::Attended& read : edits[0].states)
      if (position <= layout.query_position(read.step))
        analysis::cut_key(read, position, how, verify::Cube::everything(layout.digits));
  return steps;
}

int some_position(const Decoder& decoder, model::testing::Random& random, bool of_digits) {
  const model::Layout& layout = decoder.layout;
  for (;;) {
    const int p = model::testing::pick(random, 0, layout.input_length() - 1);
    // A sum digit is some step's own token; the mean is then of one reading, another cut than the
    // reference's.
    if (of_digits && (layout.slot(p).role == model::Role::fixed || p >= layout.query_position(0))) continue;
    return p;
  }
}

TEST(Ablated, KeysAreCountedAsBruteForceDoes) {
  const std::uint64_t first = test::fresh_seed();
  std::printf("CARRYSCOPE_SEED=%llu\n", static_cast<unsigned long long>(first));
  std::uint64_t changed = 0;
  for (std::uint64_t seed = first; seed < first + 12; ++seed) {
    const Decoder decoder = test::decoder_of(seed, seed % 12 == 3 ? 2 : 1);
    const Network network(decoder);
    model::testing::Random random(seed);
    const CutTruth whole = brute_force(decoder, {});
    expect_counted(network, whole_steps(network), whole, "whole, seed " + std::to_string(seed));
    for (const KeyAblation& how : analysis::key_ablations()) {
      const int position = some_position(decoder, random, how.of_digits);
      const CutTruth truth = brute_force(decoder, {.position = position, .kind = how.name});
      expect_counted(
          network, without_key(network, position, how), truth,
          std::string(how.name) + " of " + std::to_string(position) + ", seed " + std::to_string(seed));
      changed += truth.wrong != whole.wrong;
    }
  }
  EXPECT_GT(changed, 0u);
}

TEST(Ablated, HeadsAndNeuronsAreCountedAsBruteForceDoes) {
  const std::uint64_t first = test::fresh_seed();
  std::printf("CARRYSCOPE_SEED=%llu\n", static_cast<unsigned long long>(first));
  for (std::uint64_t seed = first; seed < first + 12; ++seed) {
    const Decoder decoder = test::decoder_of(seed, seed % 12 == 3 ? 2 : 1);
    const Network network(decoder);
    model::testing::Random random(seed);
    const auto count = [&](const Decoder& edited, const CutTruth& truth, const std::string& what) {
      const Network other(edited);
      expect_counted(other, whole_steps(other), truth, what + ", seed " + std::to_string(seed));
    };
    Cut head{.head = model::testing::pick(random, 0, decoder.layers[0].attention->heads - 1)};
    for (int i = 0; i < decoder.width(); ++i) head.output.push_back(model::testing::uniform(random, 1.0));
    const CutTruth truth = brute_force(decoder, head);
    count(analysis::with_head_held(decoder, head.head, head.output), truth, "head");
    auto held = whole_steps(network);
    for (auto& edits : held)
      for (verify::Attended& read : edits[0].states) analysis::hold_head(read, head.head, head.output);
    expect_counted(network, held, truth, "head by its keys, seed " + std::to_string(seed));
    if (!decoder.layers[0].mlp) continue;
    const Cut neuron{.neuron = model::testing::pick(random, 0, decoder.layers[0].mlp->up.cols - 1),
                     .activation = seed % 2 == 0 ? 0.0 : 0.75};
    count(analysis::with_neuron_held(decoder, neuron.neuron, neuron.activation), brute_force(decoder, neuron),
          "neuron");
  }
}

// Masking is also a decoder: one with a score bias.
TEST(Ablated, MaskingIsAScoreBias) {
  const std::uint64_t first = test::fresh_seed();
  std::printf("CARRYSCOPE_SEED=%llu\n", static_cast<unsigned long long>(first));
  for (std::uint64_t seed = first; seed < first + 6; ++seed) {
    const Decoder decoder = test::decoder_of(seed, 1);
    const Network network(decoder);
    const int position = 0, length = decoder.layout.input_length();
    Decoder masked = decoder;
    model::Attention& a = *masked.layers[0].attention;
    if (a.score_bias.empty()) {
      a.score_bias_length = length;
      a.score_bias.assign(index(a.heads * length * length), 0.0);
    }
    for (int row = 0; row < a.heads * length; ++row)
      a.score_bias[index(row * length + position)] = model::kMasked;
    const Network other(masked);
    const auto steps = without_key(network, position, analysis::key_ablations()[0]);
    for (int step = 0; step < decoder.layout.answer_digits(); ++step) {
      const WrongPairs x = wrong_pairs(network, steps[index(step)], false),
                       y = wrong_pairs(other, whole_step(other, step), false);
      EXPECT_EQ(verify::to_string(x.pairs.wrong), verify::to_string(y.pairs.wrong)) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace carryscope
