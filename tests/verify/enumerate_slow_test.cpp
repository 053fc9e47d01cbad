// Enumeration against what certify proves of the public model: most of the time goes into finding the leaf
// of each pair.
#include "model/checkpoint/checkpoint.h"
#include "tests/model/checkpoint_files.h"
#include "tests/verify/enumerated.h"

namespace carryscope {
namespace {

TEST(Enumerate, LiesWithinWhatCertifyProvesOfThePublicModel) {
  const std::string path = model::testing::shared_file("checkpoints/best_311p_s34.pt");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  test::expect_within_certified(model::load(path).decoder, *verify::random_pairs(200'000, 1, 10));
}

}  // namespace
}  // namespace carryscope
