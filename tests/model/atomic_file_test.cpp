// Writing files: complete or not at all; and the hash that names their content.
#include "model/checkpoint/atomic_file.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include "model/checkpoint/sha256.h"
#include "tests/model/checkpoint_files.h"

namespace carryscope::model {
namespace {

using namespace testing;

int entries(const Folder& folder) {
  const std::filesystem::directory_iterator begin(folder.path()), end;
  return static_cast<int>(std::distance(begin, end));
}

TEST(AtomicFile, WritesAndReplaces) {
  const Folder folder;
  write_file(folder / "x.json", "one");
  EXPECT_EQ(content(folder / "x.json"), "one");
  write_file(folder / "x.json", std::string(100'000, 'y'));
  EXPECT_EQ(content(folder / "x.json"), std::string(100'000, 'y'));
  EXPECT_EQ(entries(folder), 1);
}

// A limit on the size of files fails in the same place as a full disk.
TEST(AtomicFile, AFailedWriteLeavesEverythingAsItWas) {
  const Folder folder;
  write_file(folder / "x.json", "before");
  rlimit saved{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &saved), 0);
  const auto handler = signal(SIGXFSZ, SIG_IGN);
  const rlimit small{1000, saved.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string sentence = refusal([&] { write_file(folder / "x.json", std::string(5000, 'y')); });
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &saved), 0);
  signal(SIGXFSZ, handler);
  expect_parts(sentence, {"x.json", "could not be written", "unchanged"});
  EXPECT_EQ(content(folder / "x.json"), "before");
  EXPECT_EQ(entries(folder), 1);
}

TEST(AtomicFile, APathThatCannotBeWritten) {
  const Folder folder;
  expect_parts(refusal([&] { write_file(folder / "no/such/folder/x.json", "y"); }),
               {"x.json", "could not be created"});
  expect_parts(refusal([&] { write_file(folder.path(), "y"); }), {folder.path(), "folder"});
}

TEST(Sha256, OfKnownTexts) {
  EXPECT_EQ(sha256(as_bytes("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256(as_bytes("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256(as_bytes(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, OfADecoderDependsOnWhatItComputesOnly) {
  const Decoder d = random_checkpoint(preset("311"), 1).decoder;
  Decoder renamed = d;
  renamed.name = "other";
  EXPECT_EQ(sha256(renamed), sha256(d));
  const auto differs = [&d](auto change) {
    Decoder other = d;
    change(other);
    EXPECT_NE(sha256(other), sha256(d));
  };
  differs([](Decoder& o) { o.head.value[0] = -o.head.value[0]; });
  differs([](Decoder& o) { o.layers[0].attention->query.radius[0] *= 2; });
  differs([](Decoder& o) { o.layers[0].norm.eps *= 2; });
  differs([](Decoder& o) { o.layout.end_token.reset(); });
  differs([](Decoder& o) { std::swap(o.layout.answer[0], o.layout.answer[1]); });
  differs([](Decoder& o) { o.layers[0].mlp->activation = Activation::relu; });
  differs([](Decoder& o) { o.layers.push_back(o.layers[0]); });
}

}  // namespace
}  // namespace carryscope::model
