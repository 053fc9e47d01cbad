// BlockDecoder against its documented order of operations as plain loops, bit for bit: every instruction set
// of this machine, on random models that between them have every feature.
#define CARRYSCOPE_ISA tested  // a namespace of its own: the library's is compiled with other flags
#pragma GCC diagnostic ignored "-Wpsabi"
#include "model/block_decoder.h"

#include <gtest/gtest.h>

#include <bit>
#include <map>

#include "model/checkpoint/checkpoint.h"
#include "model/greedy.h"
#include "model/pairs.h"
#include "tests/model/random_decoder.h"
#include "tests/model/zoo.h"

namespace carryscope::model {
namespace {

using Floats = std::vector<float>;

std::size_t index(int i) { return static_cast<std::size_t>(i); }

// The program of decode_tables.h and decode_tail.h, one pair at a time.
class Plain {
 public:
  explicit Plain(const Decoder& decoder) : decoder_(decoder), attention_(decoder) {}

  // Logits of all steps, one after the other; the generated tokens.
  std::pair<Floats, std::vector<int>> decode(Pair pair) {
    std::vector<int> sequence = tokenise(decoder_.layout, pair);
    const auto prompt = decoder_.layout.prompt.size();
    Floats logits;
    for (int step = 0; step < decoder_.layout.steps(); ++step) {
      const Floats of_step = this->logits(step, sequence);
      sequence[prompt + index(step)] =
          static_cast<int>(std::max_element(of_step.begin(), of_step.end()) - of_step.begin());
      logits.insert(logits.end(), of_step.begin(), of_step.end());
    }
    return {logits, {sequence.begin() + static_cast<std::ptrdiff_t>(prompt), sequence.end()}};
  }

 private:
  using Row = AttentionRows<float>::Row;

  void add(Floats& to, const Floats& x) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] += x[i];
  }

  // The sum over those positions below `end` that `wanted` picks, the query's own left out.
  template <class Wanted>
  Floats sum(const Row& row, int own, int end, const std::vector<int>& sequence, const Wanted& wanted) {
    Floats total(attention_.width());
    for (int p = 0; p < end; ++p)
      if (p != own && wanted(p)) {
        const float* const entry = &row.entries[attention_.entry(p, sequence[index(p)], 0)];
        add(total, Floats(entry, entry + total.size()));
      }
    return total;
  }

  Floats sums(const Row& row, int step, const std::vector<int>& sequence) {
    const Layout& layout = decoder_.layout;
    const int own = layout.query_position(step), prompt = static_cast<int>(layout.prompt.size());
    Floats total = sum(row, own, prompt, sequence, [&](int p) { return layout.slot(p).role == Role::fixed; });
    const float* const entry = &row.entries[attention_.entry(own, sequence[index(own)], 0)];
    add(total, Floats(entry, entry + total.size()));
    for (std::size_t h = 0; h < attention_.heads(); ++h)
      total[h * (1 + attention_.value_dim())] += row.rest[h];
    for (int place = layout.digits - 1; place >= 0; --place)
      add(total, sum(row, own, prompt, sequence, [&](int p) {
            return layout.slot(p).role != Role::fixed && layout.slot(p).place == place;
          }));
    for (int first = 0; prompt + first < own; first += 2)
      add(total, sum(row, own, own, sequence,
                     [&](int p) { return p - prompt == first || p - prompt == first + 1; }));
    return total;
  }

  static float at(const Weights& w, int row, int col) { return static_cast<float>(w.value[w.at(row, col)]); }

  static Floats apply(const Weights& w, const Weights& bias, const Floats& x) {
    Floats y;
    for (int c = 0; c < w.cols; ++c) {
      float sum = x[0] * at(w, 0, c);
      for (int r = 1; r < w.rows; ++r) sum = std::fma(x[index(r)], at(w, r, c), sum);
      y.push_back(bias.empty() ? sum : sum + at(bias, 0, c));
    }
    return y;
  }

  static Floats normalise(const Norm& norm, Floats x) {
    if (norm.type == NormType::none) return x;
    const float share = 1.0F / static_cast<float>(x.size());
    if (norm.type == NormType::layer) {
      float sum = x[0];
      for (std::size_t i = 1; i < x.size(); ++i) sum += x[i];
      const float mean = sum * share;
      for (float& v : x) v -= mean;
    }
    float square = x[0] * x[0];
    for (std::size_t i = 1; i < x.size(); ++i) square = std::fma(x[i], x[i], square);
    const float inverse = 1.0F / std::sqrt(std::fma(square, share, static_cast<float>(norm.eps)));
    for (int i = 0; i < static_cast<int>(x.size()); ++i) {
      x[index(i)] *= inverse;
      if (!norm.weight.empty()) x[index(i)] *= at(norm.weight, 0, i);
      if (!norm.bias.empty()) x[index(i)] += at(norm.bias, 0, i);
    }
    return x;
  }

  static float activate(Activation activation, float x) {
    const float half = x * 0.5F;
    switch (activation) {
      case Activation::gelu_erf:
        return std::fma(half, tested::erf_of_root_half<float>(x), half);
      case Activation::gelu_tanh:
        return std::fma(half, tested::tanh<float>(0.79788456F * std::fma(0.044715F * x * x, x, x)), half);
      case Activation::relu:
        return x > 0 ? x : 0;
      case Activation::silu:
        return x / (1.0F + tested::exp<float>(-x));
    }
    return x;
  }

  Floats logits(int step, const std::vector<int>& sequence) {
    const int own = decoder_.layout.query_position(step), token = sequence[index(own)];
    if (!rows_.contains({step, token})) rows_[{step, token}] = attention_.make(step, token);
    const Row& row = rows_[{step, token}];
    const Floats total = sums(row, step, sequence);
    const Layer& layer = decoder_.layers[0];
    Floats mean, x = row.residual;
    for (std::size_t h = 0; h < attention_.heads(); ++h) {
      const float* const of_head = &total[h * (1 + attention_.value_dim())];
      const float inverse = of_head[0] > 0 ? 1.0F / of_head[0] : 0.0F;
      for (std::size_t i = 0; i < attention_.value_dim(); ++i) mean.push_back(of_head[1 + i] * inverse);
    }
    add(x, apply(layer.attention->output, layer.attention->output_bias, mean));
    if (layer.mlp) {
      const Mlp& mlp = *layer.mlp;
      const Floats normed = normalise(layer.mlp_norm, x), up = apply(mlp.up, mlp.up_bias, normed);
      Floats hidden = mlp.gate.empty() ? up : apply(mlp.gate, mlp.gate_bias, normed);
      for (std::size_t j = 0; j < hidden.size(); ++j) {
        hidden[j] = activate(mlp.activation, hidden[j]);
        if (!mlp.gate.empty()) hidden[j] *= up[j];
      }
      add(x, apply(mlp.down, mlp.down_bias, hidden));
    }
    return apply(decoder_.head, decoder_.head_bias, normalise(decoder_.final_norm, x));
  }

  const Decoder& decoder_;
  AttentionRows<float> attention_;
  std::map<std::pair<int, int>, Row> rows_;
};

PairBlock block_of(const std::vector<Pair>& pairs, int digits) {
  PairBlock block(digits, pairs.size());
  block.count = pairs.size();
  for (std::size_t i = 0; i < pairs.size(); ++i) block.set(i, pairs[i]);
  return block;
}

// Every instruction set, each pair alone and all in a block, to the last bit of every logit.
void expect_plain(const Decoder& decoder, const DecodeTables& tables, const std::vector<Pair>& pairs) {
  Plain plain(decoder);
  const PairBlock block = block_of(pairs, decoder.layout.digits);
  const int steps = decoder.layout.steps();
  const std::size_t v = index(decoder.vocabulary);
  std::vector<std::uint8_t> tokens(index(steps) * block.stride);
  Floats logits(tokens.size() * v);
  for (const DecodeInstructions& instructions : decode_instructions()) {
    SCOPED_TRACE(instructions.name);
    BlockDecoder(tables, instructions).decode(block, steps, tokens, logits.data());
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const auto [expected, generated] = plain.decode(pairs[i]);
      for (std::size_t step = 0; step < index(steps); ++step) {
        ASSERT_EQ(tokens[step * block.stride + i], generated[step]);
        for (std::size_t k = 0; k < v; ++k)
          ASSERT_EQ(std::bit_cast<std::uint32_t>(logits[(step * block.stride + i) * v + k]),
                    std::bit_cast<std::uint32_t>(expected[step * v + k]))
              << pairs[i].a << " + " << pairs[i].b << ", step " << step << ", token " << k;
      }
    }
  }
}

TEST(BlockDecoder, ObeysItsOrderToTheLastBit) {
  constexpr std::uint64_t kSeed = 21;
  testing::Random random(kSeed);
  int taken = 0;
  for (int round = 0; round < 40; ++round) {
    SCOPED_TRACE(::testing::Message() << "seed " << kSeed << ", round " << round);
    const int digits = 1 + round % 4;
    const Decoder decoder = testing::random_decoder(random, {.digits = digits, .dtype = Precision::float32});
    const auto tables = DecodeTables::make(decoder);
    if (!tables) continue;
    ++taken;
    expect_plain(decoder, *tables, uniform_pairs(37, random(), digits).pairs);
  }
  EXPECT_GT(taken, 25);
}

TEST(BlockDecoder, TheSizesOfThePresetsObeyItToo) {
  for (const char* name : {"311", "271", "491"}) {
    SCOPED_TRACE(name);
    const Decoder decoder = load(std::string(CARRYSCOPE_SOURCE_DIR) + "/checkpoints/" + name + ".pt").decoder;
    const auto tables = DecodeTables::make(decoder);
    ASSERT_TRUE(tables);
    expect_plain(decoder, *tables, uniform_pairs(70, 1, 10).pairs);
    std::vector<Pair> neighbours;  // upper places in common
    for (std::uint64_t i = 0; i < 70; ++i) neighbours.push_back({9'876'543'210 + i, 1'234'567'890 - 3 * i});
    expect_plain(decoder, *tables, neighbours);
  }
}

TEST(BlockDecoder, OneObjectTakesBlocksOfAnySize) {
  const Decoder decoder = load(std::string(CARRYSCOPE_SOURCE_DIR) + "/checkpoints/311.pt").decoder;
  const auto tables = DecodeTables::make(decoder);
  ASSERT_TRUE(tables);
  BlockDecoder one(*tables);
  for (const std::size_t count : {300U, 1U, 64U, 65U}) {
    const PairBlock block = block_of(uniform_pairs(count, count, 10).pairs, 10);
    std::vector<std::uint8_t> tokens(12 * block.stride), again(tokens.size());
    one.decode(block, 12, tokens);
    BlockDecoder(*tables).decode(block, 12, again);
    for (std::size_t step = 0; step < 12; ++step)
      for (std::size_t i = 0; i < count; ++i)
        ASSERT_EQ(tokens[step * block.stride + i], again[step * block.stride + i]);
  }
}

TEST(BlockDecoder, WhatItDoesNotTakeIsNamed) {
  testing::Random random(22);
  const auto reason = [](const Decoder& decoder) {
    std::string why;
    EXPECT_EQ(DecodeTables::make(decoder, &why), nullptr);
    EXPECT_NE(make_greedy(decoder), nullptr) << "another pass takes it";
    return why;
  };
  Decoder decoder = testing::random_decoder(random, {.digits = 2, .dtype = Precision::float64});
  EXPECT_EQ(reason(decoder), "it is a float64 model");
  decoder.dtype = Precision::float32;
  decoder.layers.push_back(decoder.layers[0]);
  EXPECT_EQ(reason(decoder), "it has 2 layers");
  decoder.layers.assign(1, {});
  EXPECT_EQ(reason(decoder), "it has no attention");
  decoder = testing::random_decoder(random, {.digits = 2, .score_scale = 3000, .dtype = Precision::float32});
  EXPECT_NE(reason(decoder).find("peaked"), std::string::npos);
}

}  // namespace
}  // namespace carryscope::model
