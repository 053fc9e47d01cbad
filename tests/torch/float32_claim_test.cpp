// What certify claims of every float32 program, against float32 programs: pairs around the decision boundary
// that the search found, through our forward pass in several orders of summation, our tables in SIMD lanes,
// LibTorch at several thread counts, batch shapes and with its factors multiplied out, and PyTorch.
//
// A pair that is certified at a step must come out so in each; where two of them differ, the pair must be
// counted as rounding-dependent at that step. Each pass reads the true prefix.
#include <caffe2/serialize/inline_container.h>
#include <gtest/gtest.h>
#include <torch/csrc/jit/serialization/import_read.h>
#include <torch/torch.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>

#include "model/checkpoint/checkpoint.h"
#include "model/greedy.h"
#include "tests/torch/seeds_decoder.h"
#include "tests/verify/boundary_pairs.h"

namespace carryscope::test {
namespace {

using model::Decoder, model::Pair;
using torch_peer::SeedsDecoder, torch_peer::Tensors;
using verify::Verdict;

// [pair][step]; nothing where a pass does not tell.
using Outcomes = std::vector<std::optional<Outcome>>;

struct Model {
  const char* name;
  std::string path;
  bool rounds = false;  // some of its pairs are rounding-dependent
};

Model shared(const char* name, const std::string& file, bool rounds) {
  return {name, std::string(CARRYSCOPE_SHARED_DIR "/checkpoints/") + file, rounds};
}

std::size_t steps(const Decoder& decoder) { return static_cast<std::size_t>(decoder.layout.answer_digits()); }

template <class T>
Outcomes by_forward(const Decoder& decoder, const std::vector<Pair>& pairs) {
  Evaluation<T> pass(decoder);
  Outcomes out;
  for (const Pair pair : pairs) {
    pass.run(pair);
    for (std::size_t step = 0; step < steps(decoder); ++step)
      out.emplace_back(sign_of(pass.margin(static_cast<int>(step))));
  }
  return out;
}

// Greedy decoding tells of the steps up to its first wrong one.
Outcomes by_lanes(const Decoder& decoder, const std::vector<Pair>& pairs) {
  const auto width = static_cast<std::size_t>(decoder.layout.steps());
  std::vector<int> tokens(pairs.size() * width);
  model::make_greedy(decoder)->decode(pairs, tokens);
  Outcomes out(pairs.size() * steps(decoder));
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const auto sequence = model::tokenise(decoder.layout, pairs[i]);
    bool right = true;
    for (std::size_t step = 0; step < steps(decoder) && right; ++step) {
      right = tokens[i * width + step] == sequence[decoder.layout.prompt.size() + step];
      out[i * steps(decoder) + step] = right ? Outcome::ahead : Outcome::behind;
    }
  }
  return out;
}

Tensors to_torch(const model::Factored& factored) {
  Tensors out;
  for (const model::Tensor& t : factored.tensors)
    out[t.name] = torch::tensor(t.values, torch::kFloat64)
                      .reshape(std::vector<std::int64_t>(t.shape.begin(), t.shape.end()));
  return out;
}

// The same maps with their factors multiplied out, under the names of unfactored ones.
Tensors multiplied_out(Tensors stored) {
  const auto product = [&](const std::string& a, const std::string& b) {
    return stored.at(a).matmul(stored.at(b)).t().contiguous();
  };
  Tensors out;
  for (const auto& [name, tensor] : stored) {
    if (name == "pos_emb.A") {
      out["pos_emb.weight"] = product(name, "pos_emb.B").t().contiguous();
    } else if (name.ends_with("qkv_A")) {  // q; k and v alike
      const std::string prefix = name.substr(0, name.size() - 5);
      out[prefix + "q_proj.weight"] = product(name, prefix + "qkv_Bq");
      out[prefix + "kv_shared.weight"] = product(name, prefix + "qkv_Bkv");
    } else if (name.ends_with(".A")) {
      const std::string prefix = name.substr(0, name.size() - 1);
      out[prefix + "weight"] = product(name, prefix + "B");
    } else if (name.ends_with(".weight") || name.ends_with(".bias")) {
      out[name] = tensor;
    }
  }
  return out;
}

// Passes by LibTorch's own kernels, over the true sequences of the pairs.
class LibTorch {
 public:
  LibTorch(const Decoder& decoder, const std::vector<Pair>& pairs) : decoder_(decoder) {
    std::vector<std::int64_t> tokens;
    for (const Pair pair : pairs) {
      const auto sequence = model::tokenise(decoder.layout, pair);
      tokens.insert(tokens.end(), sequence.begin(), sequence.end());
    }
    tokens_ = torch::tensor(tokens, torch::kInt64).view({static_cast<std::int64_t>(pairs.size()), -1});
  }

  // `growing`: one call for each step, which sees the prefix only, as greedy decoding does.
  Outcomes operator()(const Tensors& weights, int threads, std::int64_t batch, bool growing) const {
    torch::NoGradGuard no_gradients;
    at::set_num_threads(threads);
    const SeedsDecoder peer(weights, 1, torch::kFloat32);
    Outcomes out(static_cast<std::size_t>(tokens_.size(0)) * steps(decoder_));
    for (std::int64_t first = 0; first < tokens_.size(0); first += batch) {
      const auto part = tokens_.slice(0, first, std::min(first + batch, tokens_.size(0)));
      torch::Tensor logits;
      for (std::size_t step = 0; step < steps(decoder_); ++step) {
        const std::int64_t at = decoder_.layout.query_position(static_cast<int>(step));
        if (growing || step == 0)
          logits = peer(part.slice(1, 0, growing ? at + 1 : decoder_.layout.input_length()));
        read(logits.select(1, at), part.select(1, at + 1), static_cast<std::size_t>(first), step, out);
      }
    }
    return out;
  }

 private:
  // logits [batch, token], target [batch]
  void read(const torch::Tensor& logits, const torch::Tensor& target, std::size_t first, std::size_t step,
            Outcomes& out) const {
    const auto own = logits.gather(1, target.unsqueeze(1));
    const auto rival = std::get<0>(
        logits.scatter(1, target.unsqueeze(1), -std::numeric_limits<float>::infinity()).max(1, true));
    const auto margin = (own - rival).flatten().contiguous();
    for (std::int64_t i = 0; i < margin.size(0); ++i)
      out[(first + static_cast<std::size_t>(i)) * steps(decoder_) + step] =
          sign_of(static_cast<double>(margin.data_ptr<float>()[i]));
  }

  const Decoder& decoder_;
  torch::Tensor tokens_;
};

// A model, certified under float32, the pairs around its boundary, and what was certified of each.
struct Claim {
  model::Checkpoint checkpoint;
  verify::Certification certification;
  std::vector<Pair> pairs;
  std::vector<Verdict> verdicts;  // [pair][step]

  explicit Claim(const std::string& path) : checkpoint(model::load(path)) {
    verify::CertifyOptions options;
    options.semantics = verify::Semantics::float32;
    options.leaves = true;
    certification = certify(checkpoint.decoder, options);
    EXPECT_TRUE(certification.exact);
    pairs = BoundarySearch(checkpoint.decoder).pairs(certification);
    pairs.push_back(certification.smallest.value().pair);
    const PairVerdicts known(certification);
    for (const Pair pair : pairs)
      for (std::size_t step = 0; step < steps(checkpoint.decoder); ++step)
        verdicts.push_back(known.of(static_cast<int>(step), pair));
  }
};

std::uint64_t contradictions(const Claim& claim, const Outcomes& said) {
  EXPECT_EQ(said.size(), claim.verdicts.size());
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < said.size(); ++i)
    sum += said[i] && ((claim.verdicts[i] == Verdict::correct && *said[i] != Outcome::ahead) ||
                       (claim.verdicts[i] == Verdict::wrong && *said[i] != Outcome::behind));
  return sum;
}

// Compares the passes with the claim and with each other, prints a line, returns in how many places they
// differ.
std::uint64_t compare(const Claim& claim, const std::vector<std::pair<std::string, Outcomes>>& passes) {
  for (const auto& [name, said] : passes) EXPECT_EQ(contradictions(claim, said), 0U) << name;
  std::uint64_t by_verdict[4] = {}, split = 0;
  for (std::size_t i = 0; i < claim.verdicts.size(); ++i) {
    ++by_verdict[static_cast<std::size_t>(claim.verdicts[i])];
    std::set<Outcome> said;
    for (const auto& pass : passes)
      if (pass.second[i]) said.insert(*pass.second[i]);
    split += said.size() > 1;
    EXPECT_TRUE(said.size() == 1 || claim.verdicts[i] == Verdict::rounding) << "place " << i;
  }
  std::cout << claim.checkpoint.decoder.name << ": " << claim.pairs.size() << " pairs around the boundary, "
            << passes.size() << " passes; at their steps " << by_verdict[0] << " certified correct, "
            << by_verdict[1] << " wrong, " << by_verdict[2] << " rounding-dependent; the passes differ in "
            << split << '\n';
  return split;
}

std::vector<std::pair<std::string, Outcomes>> our_passes(const Claim& claim) {
  const Decoder& decoder = claim.checkpoint.decoder;
  return {{"ascending", by_forward<float>(decoder, claim.pairs)},
          {"reversed", by_forward<OrderedFloat<Order::reversed>>(decoder, claim.pairs)},
          {"fused", by_forward<OrderedFloat<Order::fused>>(decoder, claim.pairs)},
          {"four sums", by_forward<OrderedFloat<Order::lanes>>(decoder, claim.pairs)},
          {"library functions off", by_forward<OrderedFloat<Order::off>>(decoder, claim.pairs)},
          {"SIMD tables", by_lanes(decoder, claim.pairs)}};
}

// By PyTorch's own Python; nothing where there is none.
std::vector<std::pair<std::string, Outcomes>> pytorch_passes(const Claim& claim, const Model& model) {
  if (std::system("/usr/bin/python3 -c 'import torch' 2>/dev/null") != 0) return {};
  const std::string sequences = testing::TempDir() + "sequences_" + model.name, said = sequences + ".said";
  std::ofstream out(sequences);
  for (const Pair pair : claim.pairs) {
    for (const int token : model::tokenise(claim.checkpoint.decoder.layout, pair)) out << token << ' ';
    out << '\n';
  }
  out.close();
  EXPECT_EQ(std::system(("/usr/bin/python3 " CARRYSCOPE_SOURCE_DIR "/tests/torch/margins.py '" + model.path +
                         "' " + sequences + " >" + said)
                            .c_str()),
            0);
  std::vector<std::pair<std::string, Outcomes>> passes;
  std::ifstream in(said);
  for (std::string name; in >> name;) {
    Outcomes outcomes;
    for (int sign = 0; outcomes.size() < claim.verdicts.size() && in >> sign;)
      outcomes.emplace_back(static_cast<Outcome>(sign));
    passes.emplace_back("PyTorch, " + name, std::move(outcomes));
  }
  EXPECT_EQ(passes.size(), 4U);
  return passes;
}

// Weights off by one part in a hundred are another model: were nobody to notice, the pairs would prove
// nothing.
void expect_another_model_to_be_noticed(const Claim& claim, const LibTorch& libtorch,
                                        const Tensors& weights) {
  torch::manual_seed(1);
  Tensors other = weights;
  for (auto& [name, tensor] : other) tensor = tensor * (1 + 1e-2 * torch::randn_like(tensor));
  const std::uint64_t noticed = contradictions(claim, libtorch(other, 1, 512, false));
  std::cout << "of a model whose weights are off by 1 %, " << noticed << " are refuted\n";
  EXPECT_GT(noticed, 0U);
}

class Float32Claim : public testing::TestWithParam<Model> {};

TEST_P(Float32Claim, HoldsInEveryPass) {
  if (!std::filesystem::exists(GetParam().path)) GTEST_SKIP() << GetParam().path << " is not there";
  const Claim claim(GetParam().path);
  EXPECT_GT(claim.pairs.size(), 1000U);
  const LibTorch libtorch(claim.checkpoint.decoder, claim.pairs);
  const Tensors factored = to_torch(claim.checkpoint.factored.value());
  const Tensors whole = multiplied_out(factored);
  auto passes = our_passes(claim);
  for (const int threads : {1, 2, 4})
    for (const std::int64_t batch : {7, 64, 100'000})
      passes.emplace_back("LibTorch", libtorch(factored, threads, batch, false));
  passes.emplace_back("LibTorch, one pair a call", libtorch(factored, 1, 1, false));
  passes.emplace_back("LibTorch, growing prefixes", libtorch(factored, 2, 512, true));
  passes.emplace_back("LibTorch, multiplied out", libtorch(whole, 1, 512, false));
  passes.emplace_back("LibTorch, multiplied out, growing", libtorch(whole, 2, 100'000, true));
  const auto pytorch = pytorch_passes(claim, GetParam());
  passes.insert(passes.end(), pytorch.begin(), pytorch.end());
  const std::uint64_t split = compare(claim, passes);
  EXPECT_EQ(claim.certification.pairs.rounding > 0, GetParam().rounds);
  EXPECT_EQ(split > 0, GetParam().rounds);  // so the pairs are near enough to tell programs apart
  expect_another_model_to_be_noticed(claim, libtorch, factored);
  if (pytorch.empty()) GTEST_SKIP() << "all but PyTorch agreed: /usr/bin/python3 has no torch";
}

INSTANTIATE_TEST_SUITE_P(LibTorch, Float32Claim,
                         testing::Values(shared("public311", "best_311p_s34.pt", true),
                                         shared("public456", "best_456p_s43.pt", false),
                                         shared("public512", "best_512params.pt", true),
                                         Model{"our311", CARRYSCOPE_SOURCE_DIR "/checkpoints/311.pt"}),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace carryscope::test
