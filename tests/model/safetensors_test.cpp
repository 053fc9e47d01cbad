// safetensors: there and back, and as an independent reader of the format sees them.
#include "model/checkpoint/safetensors.h"

#include <gtest/gtest.h>

#include "model/checkpoint/json_text.h"
#include "tests/model/checkpoint_files.h"

namespace carryscope::model {
namespace {

using namespace testing;

std::string file_of(const Json& header, std::string_view data) {
  const std::string text = header.dump();
  std::string out;
  put_little(out, text.size(), 8);
  return out + text + std::string(data);
}

struct Opened {
  Json header;
  std::string data;
};

Opened open(const std::string& bytes) {
  Cursor c(as_bytes(bytes), "x");
  const std::uint64_t size = c.u64();
  Opened out;
  out.header = Json::parse(as_text(c.take(size)));
  out.data = as_text(c.take(c.left()));
  return out;
}

TEST(Safetensors, ThereAndBackLosesNothing) {
  const Folder folder;
  unsigned seed = 200;
  for (const Config& config : many_configs())
    for (const Precision stored : {Precision::float32, Precision::float64}) {
      SCOPED_TRACE(::testing::Message() << "seed " << seed);
      const Checkpoint written = random_checkpoint(config, seed++, stored);
      save(folder / "x.safetensors", written);
      const Checkpoint read = load(folder / "x.safetensors");
      expect_same(*read.factored, *written.factored);
      EXPECT_EQ(read.step, written.step);
      EXPECT_EQ(read.val_exact, written.val_exact);
      EXPECT_EQ(write_safetensors(read), write_safetensors(written));
    }
}

TEST(Safetensors, ObeyTheFormat) {
  const std::string bytes = write_safetensors(random_checkpoint(preset("311"), 1));
  Cursor c(as_bytes(bytes), "x");
  EXPECT_EQ(c.u64() % 8, 0u) << "the data starts at a multiple of 8";
  const Opened file = open(bytes);
  std::size_t numbers = 0;
  for (const auto& [name, tensor] : file.header.items()) {
    if (name == "__metadata__") {
      for (const auto& [key, value] : tensor.items()) EXPECT_TRUE(value.is_string()) << key;
      continue;
    }
    EXPECT_EQ(tensor["dtype"], "F32");
    std::size_t count = 1;
    for (const auto& extent : tensor["shape"]) count *= extent.get<std::size_t>();
    EXPECT_EQ(tensor["data_offsets"][1].get<std::size_t>() - tensor["data_offsets"][0].get<std::size_t>(),
              4 * count);
    numbers += count;
  }
  EXPECT_EQ(numbers, 311u);
  EXPECT_EQ(file.data.size(), 4 * numbers);
}

class BadSafetensors : public ::testing::Test {
 protected:
  void refused(std::initializer_list<std::string_view> parts) const {
    const std::string bytes = file_of(file.header, file.data);
    expect_parts(refusal([&] { read_safetensors(as_bytes(bytes), "x.safetensors"); }), {"x.safetensors"});
    expect_parts(refusal([&] { read_safetensors(as_bytes(bytes), "x.safetensors"); }), parts);
  }
  Opened file = open(write_safetensors(random_checkpoint(preset("311"), 1)));
  Json& tensor = file.header["ln_f.weight"];
};

TEST_F(BadSafetensors, MissingMetadata) {
  file.header.erase("__metadata__");
  refused({"__metadata__"});
}
TEST_F(BadSafetensors, ForeignFormat) {
  file.header["__metadata__"] = {{"format", "pt"}};
  refused({"__metadata__.format", "pt"});
}
TEST_F(BadSafetensors, SurplusMetadata) {
  file.header["__metadata__"]["author"] = "x";
  refused({"__metadata__.author"});
}
TEST_F(BadSafetensors, DamagedConfig) {
  file.header["__metadata__"]["model_config"] = "{";
  refused({"model_config", "JSON"});
}
TEST_F(BadSafetensors, NegativeStep) {
  file.header["__metadata__"]["step"] = "-1";
  refused({"step"});
}
TEST_F(BadSafetensors, MissingTensor) {
  file.header.erase("ln_f.weight");
  refused({});
}
TEST_F(BadSafetensors, OtherType) {
  tensor["dtype"] = "BF16";
  refused({"ln_f.weight", "dtype", "BF16"});
}
TEST_F(BadSafetensors, ShapeBeyondTheFile) {
  tensor["shape"] = {4294967296, 4294967296};
  refused({"ln_f.weight", "shape"});
}
TEST_F(BadSafetensors, ShapeOfNothing) {
  tensor["shape"] = {0};
  refused({"ln_f.weight", "shape"});
}
TEST_F(BadSafetensors, NegativeExtent) {
  tensor["shape"] = {-4};
  refused({"ln_f.weight", "shape"});
}
TEST_F(BadSafetensors, OffsetsBeyondTheFile) {
  tensor["data_offsets"] = {1 << 20, (1 << 20) + 16};
  refused({"ln_f.weight", "data_offsets"});
}
TEST_F(BadSafetensors, OffsetsBackwards) {
  tensor["data_offsets"] = {16, 0};
  refused({"ln_f.weight", "data_offsets"});
}
TEST_F(BadSafetensors, OverlappingOffsets) {
  tensor["data_offsets"] = file.header["blocks.0.ln1.weight"]["data_offsets"];
  refused({"overlap"});
}
TEST_F(BadSafetensors, DataAfterTheLast) {
  file.data += "abcd";
  refused({"4 bytes"});
}
TEST_F(BadSafetensors, MixedTypes) {
  tensor["dtype"] = "F64";
  tensor["shape"] = {2};
  refused({"dtype"});
}
TEST_F(BadSafetensors, HeaderLongerThanTheFile) {
  std::string bytes;
  put_little(bytes, 1 << 20, 8);
  bytes += "{\"a\":1}";
  expect_parts(refusal([&] { read_safetensors(as_bytes(bytes), "x.safetensors"); }),
               {"x.safetensors", "truncated"});
}

}  // namespace
}  // namespace carryscope::model
