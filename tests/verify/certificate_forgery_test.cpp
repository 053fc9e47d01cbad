// Forged certificates: each is refused, and the sentence names what is wrong.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "model/planted.h"
#include "tests/verify/forged.h"
#include "tests/verify/random_models.h"

namespace carryscope {
namespace {

namespace check = verify::check;
using check::Certificate, check::Kind, check::Node, check::Tree;
using namespace test::forged;
using model::make_needle, model::planted_adder;
using test::certified, test::CertifiedModel, test::refusal;
using verify::Semantics;

const CertifiedModel& honest() {
  static const CertifiedModel m = certified(planted_adder(2, {make_needle(2, 2, 1)}), Semantics::real);
  return m;
}

std::string refused(const std::function<void(Certificate&)>& change) {
  Certificate c = honest().certificate;
  change(c);
  return refusal(c, honest().checkpoint);
}

bool splits(const Node& node) { return node.kind == Kind::split && node.parts.size() > 1; }

TEST(Forgery, TheHonestOneIsAccepted) { EXPECT_EQ(refusal(honest().certificate, honest().checkpoint), ""); }

TEST(Forgery, DroppedLeaf) {
  expect_refused(
      honest(),
      [](Tree& t, Node& n, const check::Cube& cube) {
        if (!splits(n)) return std::string();
        n.parts.pop_back();
        return name(t, cube);
      },
      "its parts hold");
}

TEST(Forgery, DoubledLeaf) {
  expect_refused(
      honest(),
      [](Tree& t, Node& n, const check::Cube& cube) {
        if (!splits(n)) return std::string();
        n.parts.push_back(n.parts[0]);
        return name(t, part(cube, n.token, n.parts[0].digits));
      },
      "it overlaps another leaf");
}

TEST(Forgery, WidenedCube) {
  for (const bool beyond : {false, true})
    expect_refused(
        honest(),
        [&](Tree& t, Node& n, const check::Cube& cube) {
          if (!splits(n)) return std::string();
          Node::Part& last = n.parts.back();
          last.digits = static_cast<std::uint16_t>(last.digits | (beyond ? 0x8000 : n.parts[0].digits));
          return name(t, part(cube, n.token, last.digits));
        },
        beyond ? "it is wider than what it is a part of" : "it overlaps another leaf");
}

Change verdict(check::Verdict from, check::Verdict to) {
  return [=](Tree& t, Node& n, const check::Cube& cube) {
    if (n.kind != Kind::verdict || n.verdict != from || count(cube) == 0) return std::string();
    n.verdict = to;
    return name(t, cube);
  };
}

TEST(Forgery, ChangedVerdict) {
  using check::Verdict;
  expect_refused(honest(), verdict(Verdict::correct, Verdict::wrong),
                 "claimed wrong, which could not be shown");
  expect_refused(honest(), verdict(Verdict::wrong, Verdict::correct), "claimed correct, which could not");
  expect_refused(honest(), verdict(Verdict::correct, Verdict::rounding), "the real semantics rounds nothing");
  // A leaf that claims nothing is not wrong; the counts are.
  expect_mention(refused([](Certificate& c) { forge(c, verdict(Verdict::correct, Verdict::undecided)); }),
                 "step 0: claimed 10000 correct");
}

// Hyperplane leaves that claim what they do not hold.
TEST(Forgery, ClaimedByHyperplanes) {
  expect_refused(
      honest(),
      [](Tree& t, Node& n, const check::Cube& cube) {
        if (n.kind != Kind::verdict || n.verdict != check::Verdict::wrong || count(cube) == 0)
          return std::string();
        n.kind = Kind::hyperplane;
        n.verdict = check::Verdict::undecided;
        n.correct = count(cube);
        return name(t, cube);
      },
      "claimed at least");
}

TEST(Forgery, ChangedCount) {
  expect_mention(refused([](Certificate& c) { ++c.total.correct, --c.total.wrong; }),
                 "all steps: claimed 9901");
  expect_mention(refused([](Certificate& c) { --c.total.correct, ++c.total.wrong; }),
                 "all steps: claimed 9899");
  expect_mention(refused([](Certificate& c) { --c.steps[1].wrong, ++c.steps[1].correct; }),
                 "step 1: claimed");
  expect_mention(refused([](Certificate& c) { ++c.total.correct; }), "all steps");
}

TEST(Forgery, TreesOfOtherQuestions) {
  expect_mention(refused([](Certificate& c) { c.trees.pop_back(); }), "its tree is missing");
  expect_mention(refused([](Certificate& c) { std::swap(c.trees[1], c.trees[2]); }), "its tree is missing");
  expect_mention(refused([](Certificate& c) { c.trees.push_back(c.trees[0]); }), "more trees");
}

TEST(Forgery, Witnesses) {
  ASSERT_FALSE(honest().certificate.witnesses.empty());
  expect_mention(refused([](Certificate& c) { c.witnesses[0].step = 0; }), "could not be shown to be wrong");
  expect_mention(refused([](Certificate& c) { c.witnesses[0].pair.a = 100; }), "too many digits");
}

TEST(Forgery, OtherWeightsOrLayout) {
  model::Checkpoint other = test::checkpoint_of(planted_adder(2));
  expect_mention(refusal(honest().certificate, other),
                 "input: the certificate: it is about a file with sha256");
  other.sha256 = honest().checkpoint.sha256;
  expect_mention(refusal(honest().certificate, other), "canonical Decoder");
  Certificate stamped = honest().certificate;
  stamped.decoder_sha256 = model::sha256(other.decoder);
  expect_mention(refusal(stamped, other), "claimed wrong, which could not be shown");
  expect_mention(refused([](Certificate& c) { std::swap(c.layout.prompt[0], c.layout.prompt[1]); }),
                 "its layout");
}

// <PAD>'s logit is a bias near 1, the logit of the digit 1 where it is right: an ulp decides.
model::Decoder brink(float pad) {
  model::Decoder d = planted_adder(1);
  for (int i = 0; i < d.width(); ++i) d.head.value[d.head.at(i, 12)] = 0.0;
  d.head_bias.value[12] = static_cast<double>(pad);
  return d;
}

TEST(Forgery, OneWeightOffByAnUlp) {
  const auto wrong = [](float bias) {
    return certified(brink(bias), Semantics::real).certification.steps[0].own.wrong;
  };
  float below = 0.5F, above = 1.5F;
  const verify::Count before = wrong(below);
  while (std::nextafter(below, above) < above) {
    const float middle = 0.5F * (below + above);
    (wrong(middle) == before ? below : above) = middle;
  }
  below = std::nextafter(below, 0.0F);  // the boundary itself is a tie
  const CertifiedModel m = certified(brink(below), Semantics::real);
  ASSERT_EQ(refusal(m.certificate, m.checkpoint), "");
  model::Checkpoint other = test::checkpoint_of(brink(above));
  expect_mention(refusal(m.certificate, other), "it is about a file with sha256");
  other.sha256 = m.checkpoint.sha256;
  Certificate stamped = m.certificate;
  stamped.decoder_sha256 = model::sha256(other.decoder);
  const std::string why = refusal(stamped, other);
  expect_mention(why, "claimed correct, which could not be shown");
  EXPECT_TRUE(names_a_leaf_of(stamped, why)) << why;
  Certificate rounded = m.certificate;  // what holds over the reals, claimed of every float32 program
  rounded.float32 = true;
  rounded.ulps = {40, 20, 8, 4, 4};
  const std::string other_semantics = refusal(rounded, m.checkpoint);
  expect_mention(other_semantics, "claimed correct, which could not be shown");
  EXPECT_TRUE(names_a_leaf_of(rounded, other_semantics)) << other_semantics;
}

// Where a_0 + b_0 is 1 or 11, <PAD>'s logit is within a rounding of the right digit's.
model::Decoder delicate(std::mt19937_64& random) {
  constexpr int kSum = 1, kAnswer = 3, kPad = 12;  // axes of the residual (model/planted.cpp); a token
  model::Decoder d = brink(0.0F);
  d.dtype = model::Precision::float64;
  const double w = 0.1 + 0.8 * std::ldexp(static_cast<double>(random() >> 11), -53);
  d.head.value[d.head.at(kSum, kPad)] = d.head.value[d.head.at(kAnswer, kPad)] = w;
  d.head_bias.value[kPad] = 1.0 - w;
  return d;
}

// What plain doubles find wrong and is right: the search leaves it undecided or finds it right, and is
// believed; a search that rounds to nearest would call it wrong, and is not.
TEST(Forgery, ClaimsOfASearchWithoutRoundingControl) {
  std::mt19937_64 random(1);
  const model::Pair pair{5, 6};
  int forged = 0;
  for (int i = 0; i < 2000 && forged < 3; ++i) {
    const model::Decoder decoder = delicate(random);
    test::Evaluation<double> doubles(decoder);
    test::Evaluation<test::Ball> balls(decoder);
    doubles.run(pair), balls.run(pair);
    if (!(doubles.margin(0) < 0) || test::proven(balls, decoder, 0) != test::Outcome::ahead) continue;
    ++forged;
    const CertifiedModel m = certified(decoder, Semantics::real);
    EXPECT_EQ(refusal(m.certificate, m.checkpoint), "");
    expect_refused(
        m,
        [&](Tree& t, Node& n, const check::Cube& cube) {
          const auto here = restricted(restricted(cube, check::a_token(0), 5), check::b_token(1, 0), 6);
          if (n.kind == Kind::split || count(here) == 0) return std::string();
          EXPECT_NE(static_cast<int>(n.verdict), static_cast<int>(check::Verdict::wrong));
          n = Node{};
          n.verdict = check::Verdict::wrong;
          return name(t, cube);
        },
        "claimed wrong, which could not be shown");
  }
  EXPECT_EQ(forged, 3);
}

std::string input_error(const std::string& bytes) {
  try {
    check::read_certificate(model::as_bytes(bytes), "the certificate");
  } catch (const model::InputError& e) {
    return e.what();
  }
  return "";
}

TEST(Forgery, CutShortAnywhere) {
  const std::string& bytes = honest().bytes;
  for (std::size_t length = 0; length < bytes.size(); length += 1 + length / 50)
    EXPECT_NE(input_error(bytes.substr(0, length)), "") << length;
  EXPECT_NE(input_error(bytes + '\0'), "");
}

void stamp(std::string& bytes) {
  bytes.resize(bytes.size() - 32);
  const std::string hex = model::sha256(model::as_bytes(bytes));
  for (std::size_t i = 0; i < 64; i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
}

// With its checksum renewed, a flipped bit is refused or changes nothing that is proven.
TEST(Forgery, FlippedBits) {
  const std::uint64_t seed = test::fresh_seed();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  const CertifiedModel m = certified(planted_adder(1, {make_needle(1, 1, 1)}), Semantics::real);
  int harmless = 0, refusals = 0;
  for (int flip = 0; flip < 150; ++flip) {
    std::string bytes = m.bytes;
    const std::size_t at = random() % (bytes.size() - 32);
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
    ASSERT_NE(input_error(bytes), "");
    stamp(bytes);
    Certificate c;
    try {
      c = check::read_certificate(model::as_bytes(bytes), "the certificate");
      const check::Report report = check::check(c, m.checkpoint, 1, "the certificate");
      test::expect_same_counts(report.total, m.certification.pairs);
      ++harmless;
    } catch (const model::InputError&) {
      ++refusals;
    } catch (const check::Refused&) {
      ++refusals;
    }
  }
  std::printf("%d refused, %d harmless\n", refusals, harmless);
  EXPECT_GT(refusals, 75);
}

}  // namespace
}  // namespace carryscope
