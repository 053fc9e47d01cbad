// A zip archive in memory, as much of the format as checkpoints use: stored and deflated entries.
//
// The central directory is the authority; every local header must agree with it. Refused by name:
// archives in several parts, encryption, other methods, sizes that only zip64 can hold, entries that
// overlap each other or the directory, two entries of one name, a wrong checksum.
// Nothing is unpacked before it is asked for, and never beyond the size limit.
#pragma once

#include <string>
#include <vector>

#include "model/checkpoint/bytes.h"

namespace carryscope::model {

struct ZipEntry {
  std::string name;
  bool deflated = false;
  std::uint32_t crc = 0;
  std::size_t packed = 0, size = 0;  // bytes in the archive, bytes unpacked
  std::size_t begin = 0;             // where the packed bytes start
};

class ZipReader {
 public:
  // `archive` must outlive the reader. Throws InputError naming `where`.
  ZipReader(ByteView archive, std::string where);

  const std::vector<ZipEntry>& entries() const { return entries_; }
  const ZipEntry* find(std::string_view name) const;  // nullptr where there is none
  Bytes read(const ZipEntry& entry) const;            // checks the checksum

 private:
  struct Located {
    ZipEntry entry;
    std::size_t header = 0;
  };

  Located directory_entry(Cursor& directory) const;
  void locate(Located& found, std::size_t directory_begin) const;
  void refuse_overlaps(std::vector<Located>& found) const;

  ByteView archive_;
  std::string where_;
  std::vector<ZipEntry> entries_;
};

inline bool looks_like_zip(ByteView bytes) {
  return bytes.size() >= 4 && bytes[0] == 'P' && bytes[1] == 'K' && (bytes[2] == 3 || bytes[2] == 5);
}

}  // namespace carryscope::model
