// Builds zip archives that lie, for the tests of bad input; independent of the program's own writer.
#pragma once

#include <zlib.h>

#include <string>
#include <vector>

#include "model/checkpoint/bytes.h"

namespace carryscope::model::testing {

// What an entry claims; the defaults are the truth.
struct ZipItem {
  std::string name, data;
  bool deflate = false;
  int method = -1, flags = 0;        // -1: 0 or 8 as `deflate` says
  long long size = -1, packed = -1;  // -1: the true ones
  long long header = -1;             // where the directory says the local header is
  std::string local_name = "\x01";   // "\x01": name
  std::uint32_t crc_change = 0;      // xor
};

inline std::string raw_deflate(const std::string& data) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, static_cast<uLong>(data.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

inline std::string zip(const std::vector<ZipItem>& items) {
  std::string out, directory;
  const auto put = [](std::string& to, long long value, int count) {
    put_little(to, static_cast<std::uint64_t>(value), count);
  };
  for (const ZipItem& item : items) {
    const std::string packed = item.deflate ? raw_deflate(item.data) : item.data;
    const std::string local = item.local_name == "\x01" ? item.name : item.local_name;
    const auto crc = static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(item.data.data()),
                                                      static_cast<uInt>(item.data.size()))) ^
                     item.crc_change;
    const int method = item.method >= 0 ? item.method : item.deflate ? 8 : 0;
    const auto size = item.size >= 0 ? item.size : static_cast<long long>(item.data.size());
    const auto stored = item.packed >= 0 ? item.packed : static_cast<long long>(packed.size());
    const auto header = item.header >= 0 ? item.header : static_cast<long long>(out.size());
    put(out, 0x04034b50, 4), put(out, 20, 2), put(out, item.flags, 2), put(out, method, 2), put(out, 0, 4);
    put(out, crc, 4), put(out, stored, 4), put(out, size, 4);
    put(out, static_cast<long long>(local.size()), 2), put(out, 0, 2);
    out += local + packed;
    put(directory, 0x02014b50, 4), put(directory, 20, 2), put(directory, 20, 2),
        put(directory, item.flags, 2);
    put(directory, method, 2), put(directory, 0, 4), put(directory, crc, 4), put(directory, stored, 4);
    put(directory, size, 4), put(directory, static_cast<long long>(item.name.size()), 2);
    put(directory, 0, 8), put(directory, 0, 4), put(directory, header, 4);
    directory += item.name;
  }
  const auto begin = static_cast<long long>(out.size());
  out += directory;
  put(out, 0x06054b50, 4), put(out, 0, 4);
  put(out, static_cast<long long>(items.size()), 2), put(out, static_cast<long long>(items.size()), 2);
  put(out, static_cast<long long>(directory.size()), 4), put(out, begin, 4), put(out, 0, 2);
  return out;
}

}  // namespace carryscope::model::testing
