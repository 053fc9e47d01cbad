// Bytes that nobody has vouched for: reading a whole file below a limit, and a cursor that never runs
// past the end. Every reader of a format goes through these two.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace carryscope::model {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

inline constexpr std::size_t kLargestFile = std::size_t{64}
                                            << 20;  // a thousand times the largest adder known

// Throws InputError: missing, no plain file, unreadable, larger than `limit`.
Bytes read_file(const std::string& path, std::size_t limit = kLargestFile);

inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// Text of unknown origin as a sentence may show it: what is not printable ASCII becomes '?', and only
// the first 120 characters are kept.
std::string printable(std::string_view text);

// A little-endian reader. `where` names file and part in the sentence of a read past the end.
class Cursor {
 public:
  Cursor(ByteView bytes, std::string where) : bytes_(bytes), where_(std::move(where)) {}

  std::size_t left() const { return bytes_.size() - at_; }
  std::size_t position() const { return at_; }
  ByteView take(std::uint64_t count);
  void skip(std::uint64_t count) { take(count); }
  std::uint8_t u8() { return take(1)[0]; }
  std::uint16_t u16() { return static_cast<std::uint16_t>(little(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(little(4)); }
  std::uint64_t u64() { return little(8); }
  std::string_view line();  // up to and without the next '\n'
  const std::string& where() const { return where_; }

 private:
  std::uint64_t little(std::size_t count);

  ByteView bytes_;
  std::size_t at_ = 0;
  std::string where_;
};

// Appends the lowest `count` bytes of value, least significant first.
void put_little(std::string& out, std::uint64_t value, int count);

}  // namespace carryscope::model
