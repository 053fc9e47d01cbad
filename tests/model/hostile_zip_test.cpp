// Damaged and hostile zip archives, the shell of a .pt file: each ends in one sentence that names the entry.
#include <gtest/gtest.h>

#include "tests/model/hostile.h"

namespace carryscope::model {
namespace {

using namespace testing;

TEST(Zip, ReadsWhatIsWellFormed) {
  const std::string text(5000, 'x');
  ZipItem deflated{"b", text};
  deflated.deflate = true;
  const std::string archive = zip({{"a", "hello"}, deflated, {"c", ""}});
  const ZipReader reader(as_bytes(archive), "x.zip");
  ASSERT_EQ(reader.entries().size(), 3u);
  const Bytes a = reader.read(*reader.find("a")), b = reader.read(*reader.find("b")),
              c = reader.read(*reader.find("c"));
  EXPECT_EQ(as_text(a), "hello");
  EXPECT_EQ(as_text(b), text);
  EXPECT_TRUE(c.empty());
  EXPECT_EQ(reader.find("d"), nullptr);
}

TEST(Zip, ADeflatedCheckpointIsRead) {
  std::vector<ZipItem> items = pieces(good_file());
  for (ZipItem& item : items) item.deflate = true;
  const Folder folder;
  put(folder / "deflated.pt", zip(items));
  expect_same(*load(folder / "deflated.pt").factored, random_model(preset("311"), 1));
}

class BadZip : public ::testing::Test {
 protected:
  std::vector<ZipItem> items = pieces(good_file());
  ZipItem& tensor = piece(items, "data/0");
  void refuse(std::initializer_list<std::string_view> parts) { refused(zip(items), parts); }
};

TEST_F(BadZip, WrongChecksum) {
  tensor.crc_change = 1;
  refuse({"data/0", "checksum"});
}
TEST_F(BadZip, ClaimsMoreThanDeflateCan) {
  tensor.deflate = true;
  tensor.size = 1 << 25;
  refuse({"data/0", "deflate"});
}
TEST_F(BadZip, ClaimsGigabytes) {
  tensor.size = 0xfffffff0;
  refuse({"data/0", "4294967280"});
}
TEST_F(BadZip, UnpacksToAnotherSize) {
  ZipItem& order = piece(items, "byteorder");
  order.deflate = true;
  for (const int size : {0, 5, 7}) {
    order.size = size;
    refuse({"byteorder", "stated size"});
  }
}
TEST_F(BadZip, StoredWithTwoSizes) {
  tensor.packed = 1;
  refuse({"data/0", "sizes differ"});
}
TEST_F(BadZip, AnotherEntrysHeader) {
  piece(items, "version").header = 0;
  refuse({"version", "local header"});
}
TEST_F(BadZip, AnEntryInsideAnother) {
  // A local header inside another entry's data: the classic bomb.
  const std::string inner = zip({{"checkpoint/inner", "payload"}});
  items.insert(items.begin(), {"checkpoint/outer", inner.substr(0, 30 + 16 + 7)});
  items.push_back({"checkpoint/inner", "payload"});
  items.back().header = 30 + 16;
  refuse({"overlap"});
}
TEST_F(BadZip, HeaderOutsideTheFile) {
  tensor.header = 1 << 28;
  refuse({"data/0", "outside"});
}
TEST_F(BadZip, AnotherNameInTheLocalHeader) {
  tensor.local_name = "checkpoint/data/X";
  refuse({"data/0", "local header"});
}
TEST_F(BadZip, Encrypted) {
  tensor.flags = 1;
  refuse({"data/0", "encrypted"});
}
TEST_F(BadZip, UnknownMethod) {
  tensor.method = 99;
  refuse({"data/0", "method 99"});
}
TEST_F(BadZip, NameTwice) {
  items.push_back(tensor);
  refuse({"data/0", "twice"});
}
TEST_F(BadZip, WithoutPickle) {
  std::erase_if(items, [](const ZipItem& i) { return i.name.ends_with("data.pkl"); });
  refuse({"data.pkl"});
}
TEST_F(BadZip, WithTwoPickles) {
  items.push_back({"other/data.pkl", "}."});
  refuse({"two entries data.pkl"});
}
TEST_F(BadZip, BigEndian) {
  piece(items, "byteorder").data = "big";
  refuse({"byteorder"});
}
TEST_F(BadZip, StorageMissing) {
  std::erase_if(items, [](const ZipItem& i) { return i.name.ends_with("data/0"); });
  refuse({"token_emb.weight", "data/0"});
}
TEST_F(BadZip, StorageTooShort) {
  tensor.data.resize(tensor.data.size() - 4);
  refuse({"token_emb.weight", "220 bytes", "56 numbers"});
}
TEST_F(BadZip, NotANumberInside) {
  tensor.data.replace(8, 4, std::string("\0\0\xc0\x7f", 4));
  refuse({"token_emb.weight", "NaN", "entry 2"});
}
TEST_F(BadZip, InfinityInside) {
  tensor.data.replace(0, 4, std::string("\0\0\x80\xff", 4));
  refuse({"token_emb.weight", "infinity"});
}

}  // namespace
}  // namespace carryscope::model
