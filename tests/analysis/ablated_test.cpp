// Ablated models counted by the search against brute force over all pairs: a forward pass written here
// that cuts keys, heads and neurons as it goes, and the plain one of an edited decoder.
#include "analysis/ablated.h"

#include <gtest/gtest.h>

#include "analysis/plain_step.h"
#include "analysis/wrong_pairs.h"
#include "tests/verify/brute_force.h"
#include "tests/verify/random_models.h"

namespace carryscope {
namespace {

using analysis::EditedStep, analysis::KeyAblation, analysis::Network, analysis::WrongPairs;
using model::Decoder;
using test::pair_of;
using Vector = std::vector<double>;

std::size_t index(int i) { return static_cast<std::size_t>(i); }

// What is cut from the plain forward pass.
struct Cut {
  int position = -1;  // of a key, at every step that reads it
  std::string_view kind{};
  int head = -1, neuron = -1;
  Vector output{};  // what the head always gives
  double activation = 0.0;
};

class Reference {
 public:
  Reference(const Decoder& decoder, const Cut& cut)
      : decoder_(decoder), cut_(cut), maps_(decoder.layers[0]), embedding_(decoder) {}

  // The true digit's logit minus the best other one, at the step. NaN where a head is left without any key:
  // 0/0 is no function to count.
  double margin(int step, model::Pair pair) {
    const std::vector<int> tokens = model::tokenise(decoder_.layout, pair);
    query_ = decoder_.layout.query_position(step);
    states_.clear();
    for (int p = 0; p <= query_; ++p) states_.push_back(state(p, tokens[index(p)]));
    Vector x = embedding_(query_, tokens[index(query_)]);
    for (int h = 0; h < maps_.shape().heads; ++h) {
      const Vector out = h == cut_.head ? cut_.output : head(h);
      for (std::size_t i = 0; i < x.size(); ++i) x[i] += out[i];
    }
    const auto& bias = maps_.shape().output_bias.value;
    for (std::size_t i = 0; i < bias.size(); ++i) x[i] += bias[i];
    feed_forward(x);
    return margin_of(x, tokens[index(query_ + 1)]);
  }

 private:
  using State = model::AttentionMaps<double>::State;
  State state(int position, int token) { return maps_.state(position, embedding_(position, token)); }

  double weight(int h, int position, const State& key) {
    const auto score = maps_.score(h, query_, states_.back(), position, key);
    return score ? std::exp(*score) : 0.0;
  }
  void add(int h, double weight, const State& key, Vector& mixed) {
    for (std::size_t v = 0; v < mixed.size(); ++v)
      mixed[v] += weight * key.value[index(maps_.kv_head(h)) * mixed.size() + v];
  }

  Vector head(int h) {
    const model::Attention& a = maps_.shape();
    Vector mixed(index(a.value_dim));
    double total = a.softmax == model::Softmax::plus_one ? 1.0 : 0.0;
    for (int p = 0; p <= query_; ++p) {
      const double w = weight(h, p, states_[index(p)]);
      if (p == cut_.position && cut_.kind == "mask") continue;
      if (p == cut_.position && cut_.kind == "mean") {
        total += add_mean(h, p, mixed);
        continue;
      }
      total += w;
      if (p != cut_.position) add(h, w, states_[index(p)], mixed);
    }
    if (!(total > 0.0)) return Vector(index(decoder_.width()), std::numeric_limits<double>::quiet_NaN());
    Vector out(index(decoder_.width()));
    for (int v = 0; v < a.value_dim; ++v)
      for (std::size_t i = 0; i < out.size(); ++i)
        out[i] +=
            mixed[index(v)] / total * a.output.value[a.output.at(h * a.value_dim + v, static_cast<int>(i))];
    return out;
  }

  // A digit of an operand or of the sum is any of ten alike, the sum's first digit 0 or 1.
  double add_mean(int h, int position, Vector& mixed) {
    const model::Slot& slot = decoder_.layout.slot(position);
    const bool top = slot.role == model::Role::sum && slot.place == decoder_.layout.digits;
    const double n = static_cast<double>(model::power_of_ten(decoder_.layout.digits)),
                 carries = (n - 1) / (2 * n);
    double total = 0.0;
    for (int d = 0; d < (top ? 2 : 10); ++d) {
      const State key = state(position, decoder_.layout.digit_tokens[index(d)]);
      const double w = weight(h, position, key) * (!top ? 0.1 : d == 1 ? carries : 1.0 - carries);
      total += w;
      add(h, w, key, mixed);
    }
    return total;
  }

  void feed_forward(Vector& x) const {
    const auto& mlp = decoder_.layers[0].mlp;
    if (!mlp) return;
    Vector y = x;
    model::Normalise<double>(decoder_.layers[0].mlp_norm).apply(y);
    const auto mapped = [&](const model::Weights& w, const model::Weights& bias, int j) {
      double sum = bias.empty() ? 0.0 : bias.value[index(j)];
      for (std::size_t i = 0; i < y.size(); ++i) sum += y[i] * w.value[w.at(static_cast<int>(i), j)];
      return sum;
    };
    for (int j = 0; j < mlp->up.cols; ++j) {
      double n = mapped(mlp->up, mlp->up_bias, j);
      n = mlp->gate.empty() ? model::activate(mlp->activation, n)
                            : n * model::activate(mlp->activation, mapped(mlp->gate, mlp->gate_bias, j));
      if (j == cut_.neuron) n = cut_.activation;
      for (std::size_t i = 0; i < x.size(); ++i)
        x[i] += n * mlp->down.value[mlp->down.at(j, static_cast<int>(i))];
    }
    for (std::size_t i = 0; i < mlp->down_bias.value.size(); ++i) x[i] += mlp->down_bias.value[i];
  }

  double margin_of(Vector x, int target) const {
    model::Normalise<double>(decoder_.final_norm).apply(x);
    Vector logits(index(decoder_.vocabulary));
    model::Linear<double>(decoder_.head, decoder_.head_bias)
        .apply(std::span<const double>(x), std::span(logits));
    double least = std::numeric_limits<double>::infinity();
    for (int token = 0; token < decoder_.vocabulary; ++token)
      if (std::isnan(logits[index(token)])) return logits[index(token)];
    for (int token = 0; token < decoder_.vocabulary; ++token)
      if (token != target) least = std::min(least, logits[index(target)] - logits[index(token)]);
    return least;
  }

  const Decoder& decoder_;
  const Cut& cut_;
  model::AttentionMaps<double> maps_;
  model::Embedding<double> embedding_;
  int query_ = 0;
  std::vector<State> states_;
};

// Wrong pairs for sure, and those that doubles cannot tell: by step, at last of any step.
struct Truth {
  std::vector<std::uint64_t> wrong, unclear;
};

Truth brute_force(const Decoder& decoder, const Cut& cut) {
  Reference reference(decoder, cut);
  const int steps = decoder.layout.answer_digits();
  Truth truth{std::vector<std::uint64_t>(index(steps + 1)), std::vector<std::uint64_t>(index(steps + 1))};
  for (std::uint64_t i = 0; i < test::domain_size(decoder.layout.digits); ++i) {
    double least = std::numeric_limits<double>::infinity();
    bool nan = false;
    for (int step = 0; step <= steps; ++step) {
      double margin = step < steps ? reference.margin(step, pair_of(i, decoder.layout.digits)) : least;
      if (step == steps && nan && !(least < -1e-9)) margin = std::numeric_limits<double>::quiet_NaN();
      truth.wrong[index(step)] += margin < -1e-9;
      truth.unclear[index(step)] += !(margin < -1e-9) && !(margin > 1e-9);
      nan |= std::isnan(margin);
      if (!std::isnan(margin)) least = std::min(least, margin);
    }
  }
  return truth;
}

// Each step by either search, then all of them together.
void expect_counted(const Network& network, const std::vector<std::vector<EditedStep>>& steps,
                    const Truth& truth, const std::string& what) {
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
    const Truth whole = brute_force(decoder, {});
    expect_counted(network, whole_steps(network), whole, "whole, seed " + std::to_string(seed));
    for (const KeyAblation& how : analysis::key_ablations()) {
      const int position = some_position(decoder, random, how.of_digits);
      const Truth truth = brute_force(decoder, {.position = position, .kind = how.name});
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
    const auto count = [&](const Decoder& edited, const Truth& truth, const std::string& what) {
      const Network other(edited);
      expect_counted(other, whole_steps(other), truth, what + ", seed " + std::to_string(seed));
    };
    Cut head{.head = model::testing::pick(random, 0, decoder.layers[0].attention->heads - 1)};
    for (int i = 0; i < decoder.width(); ++i) head.output.push_back(model::testing::uniform(random, 1.0));
    const Truth truth = brute_force(decoder, head);
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
