// Z3 on adders with planted errors: refuted at the steps where some were planted, by one of their pairs, and
// proven at all others.
#include "tests/planted/planted.h"
#include "verify/smt_engine.h"

namespace carryscope {
namespace {

using test::Planted, test::planted;

TEST(Planted, Z3FindsThemWhereTheyAre) {
  for (const Planted& p : {planted(1, 0), planted(1, 1), planted(1, 21), planted(2, 10, 1)}) {
    SCOPED_TRACE(p.decoder().name);
    for (const verify::StepProof& proof : verify::prove(p.decoder(), {})) {
      const bool here = std::ranges::count(p.needles, proof.step, &model::Needle::step) > 0;
      EXPECT_EQ(static_cast<int>(proof.verdict),
                static_cast<int>(here ? verify::Proof::refuted : verify::Proof::proven));
      ASSERT_EQ(proof.counterexample.has_value(), here);
      EXPECT_TRUE(!here || p.wrong(proof.counterexample->pair));
    }
  }
}

}  // namespace
}  // namespace carryscope
