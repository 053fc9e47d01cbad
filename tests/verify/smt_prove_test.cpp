// prove against the search, against hand-built adders and, under a condition, against every pair. And the
// rules of addition, each with its mutant.
#include "tests/verify/smt_search.h"
#include "verify/smt_addition.h"

namespace carryscope {
namespace {

using model::make_needle, model::planted_adder;
using verify::Proof, verify::ProveOptions, verify::StepProof;

TEST(SmtAddition, EveryRuleIsProvenAndEveryMutantFails) {
  const auto rules = verify::prove_rules();
  EXPECT_GT(rules.size(), 8U);
  for (const auto& rule : rules) {
    EXPECT_TRUE(rule.proven) << rule.name;
    EXPECT_NE(rule.counterexample, "") << rule.name << ", changed to " << rule.mutant;
  }
}

TEST(SmtProve, AgreesWithTheSearchOnRandomModelsOfOneDigit) {
  const auto compared = test::compare_random_models(20, 1);
  EXPECT_GT(compared.refuted, 0);
}

TEST(SmtProve, ProvesAnAdderAndFindsTheOnlyWrongPair) {
  for (const bool planted : {false, true}) {
    const auto decoder = planted ? planted_adder(1, {make_needle(1, 0, 1)}) : planted_adder(1);
    for (const StepProof& proof : verify::prove(decoder, {})) {
      EXPECT_EQ(static_cast<int>(proof.verdict),
                static_cast<int>(planted && proof.step == 1 ? Proof::refuted : Proof::proven));
      if (!proof.counterexample) continue;
      EXPECT_EQ(proof.counterexample->pair, (model::Pair{7, 7}));
      EXPECT_FALSE(proof.counterexample->predicted);
      test::expect_fails(decoder, proof);
    }
  }
}

TEST(SmtProve, ThreadsChangeNoVerdict) {
  const auto decoder = planted_adder(1, {make_needle(1, 1, 0)});
  const auto one = verify::prove(decoder, {}), two = verify::prove(decoder, {.threads = 2});
  ASSERT_EQ(one.size(), two.size());
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_EQ(one[i].verdict, two[i].verdict);
}

// Every condition with every answer, over all pairs of one digit.
void expect_as_enumerated(const model::Decoder& decoder, const std::string& text,
                          const std::function<bool(model::Pair)>& meets) {
  SCOPED_TRACE(text);
  const auto where = verify::query::parse(text, decoder.layout);
  const test::Truth truth = test::truth(decoder);
  ProveOptions options;
  options.where = &where;
  for (const StepProof& proof : verify::prove(decoder, options)) {
    bool fails = false, ties = false;
    for (std::uint64_t i = 0; i < test::domain_size(1); ++i) {
      if (!meets(test::pair_of(i, 1))) continue;
      const test::Outcome outcome = truth.outcome[static_cast<std::size_t>(proof.step)][i];
      fails |= outcome == test::Outcome::behind;
      ties |= outcome == test::Outcome::tie;
    }
    EXPECT_EQ(static_cast<int>(proof.verdict), static_cast<int>(fails  ? Proof::refuted
                                                                : ties ? Proof::undecided
                                                                       : Proof::proven));
    if (proof.counterexample) {
      EXPECT_TRUE(meets(proof.counterexample->pair));
    }
  }
}

TEST(SmtProve, ConditionsMeanWhatTheySay) {
  const std::uint64_t seed = test::fresh_seed();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  for (std::uint64_t i = 0; i < 4; ++i) {
    const auto decoder = test::decoder_of(3 * (seed / 3 + i), 1);  // an adder with noise
    expect_as_enumerated(decoder, "a[0] == 3 && b[0] < 5", [](model::Pair p) { return p.a == 3 && p.b < 5; });
    expect_as_enumerated(decoder, "c[1] == 0 || a == b",
                         [](model::Pair p) { return p.a + p.b < 10 || p.a == p.b; });
    expect_as_enumerated(decoder, "sum % 7 == 3 && !(a > b)",
                         [](model::Pair p) { return (p.a + p.b) % 7 == 3 && p.a <= p.b; });
    expect_as_enumerated(decoder, "s[1] == 1 && cascade == 0", [](model::Pair) { return false; });
    expect_as_enumerated(decoder, "a >= 0", [](model::Pair) { return true; });
  }
}

TEST(SmtProve, RefusesByNameWhatIsAboutTheAnswer) {
  const auto decoder = planted_adder(2);
  for (const char* name : {"predicted", "error", "numeric", "wrong_digits", "first_wrong"}) {
    const std::string text =
        std::string(name) == "numeric" ? "numeric" : "a < 5 && " + std::string(name) + " == 1";
    const auto where = verify::query::parse(text, decoder.layout);
    ProveOptions options;
    options.where = &where;
    try {
      verify::prove(decoder, options);
      ADD_FAILURE() << text << " was accepted";
    } catch (const model::InputError& error) {
      EXPECT_NE(std::string(error.what()).find("'" + std::string(name) + "'"), std::string::npos)
          << error.what();
    }
  }
}

TEST(SmtProve, OutOfTimeIsUndecided) {
  const std::atomic<bool> interrupted = true;
  ProveOptions options;
  options.interrupted = &interrupted;
  for (const StepProof& proof : verify::prove(planted_adder(1), options))
    EXPECT_EQ(static_cast<int>(proof.verdict), static_cast<int>(Proof::undecided));
  options.interrupted = nullptr;
  options.time_limit = 0.3;
  options.step = 5;
  const auto proofs = verify::prove(planted_adder(18), options);
  ASSERT_EQ(proofs.size(), 1U);
  EXPECT_EQ(static_cast<int>(proofs[0].verdict), static_cast<int>(Proof::undecided));
}

// A model whose logits are all alike: every pair is a tie, and no tie is called right or wrong.
TEST(SmtProve, TiesAreUndecided) {
  auto decoder = planted_adder(1);
  for (model::Weights* w : {&decoder.head, &decoder.head_bias}) std::ranges::fill(w->value, 0.0);
  for (const StepProof& proof : verify::prove(decoder, {})) {
    EXPECT_EQ(static_cast<int>(proof.verdict), static_cast<int>(Proof::undecided));
    EXPECT_GT(proof.ties, 0U);
  }
}

}  // namespace
}  // namespace carryscope
