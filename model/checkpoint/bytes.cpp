// Reading files and bytes with every size checked before it is believed.
#include "model/checkpoint/bytes.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "model/error.h"

namespace carryscope::model {

Bytes read_file(const std::string& path, std::size_t limit) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status))
    throw InputError(fmt::format("{}: the file does not exist or cannot be reached; check the path", path));
  if (!std::filesystem::is_regular_file(status))
    throw InputError(fmt::format("{}: this is no plain file; name a .pt, .safetensors or .json file", path));
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!file)
    throw InputError(
        fmt::format("{}: cannot be opened ({}); check its permissions", path, std::strerror(errno)));
  Bytes bytes;
  std::uint8_t buffer[1 << 16];
  while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, file.get())) {
    if (count > limit - bytes.size())
      throw InputError(
          fmt::format("{}: larger than {} bytes, expected a small adder; no checkpoint of this program's "
                      "kind is that large",
                      path, limit));
    bytes.insert(bytes.end(), buffer, buffer + count);
  }
  if (std::ferror(file.get()))
    throw InputError(fmt::format("{}: reading failed ({}); try again", path, std::strerror(errno)));
  return bytes;
}

std::string printable(std::string_view text) {
  constexpr std::size_t kShown = 120;
  std::string out(text.substr(0, kShown));
  for (char& c : out)
    if (c < 0x20 || c > 0x7e) c = '?';
  return text.size() > kShown ? out + "..." : out;
}

ByteView Cursor::take(std::uint64_t count) {
  if (count > left())
    throw InputError(
        fmt::format("{}: ends after {} bytes where {} more were expected; the file is truncated or damaged",
                    where_, bytes_.size(), count - left()));
  const ByteView part = bytes_.subspan(at_, static_cast<std::size_t>(count));
  at_ += static_cast<std::size_t>(count);
  return part;
}

std::uint64_t Cursor::little(std::size_t count) {
  const ByteView bytes = take(count);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
  return value;
}

std::string_view Cursor::line() {
  const auto rest = bytes_.subspan(at_);
  const auto end = std::find(rest.begin(), rest.end(), std::uint8_t{'\n'});
  if (end == rest.end())
    throw InputError(fmt::format("{}: ends inside a name; the file is truncated or damaged", where_));
  const auto text = as_text(take(static_cast<std::uint64_t>(end - rest.begin())));
  skip(1);
  return text;
}

void put_little(std::string& out, std::uint64_t value, int count) {
  for (int i = 0; i < count; ++i) out.push_back(static_cast<char>((value >> (8 * i)) & 0xff));
}

}  // namespace carryscope::model
