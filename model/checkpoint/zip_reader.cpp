// Layout of a zip, from its end: end record (22 bytes + comment) -> central directory -> local headers.
// The format: PKWARE APPNOTE 6.3, sections 4.3.7 (local header), 4.3.12 (directory), 4.3.16 (end).
#include "model/checkpoint/zip_reader.h"

#include <zlib.h>

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "model/error.h"

namespace carryscope::model {
namespace {

constexpr std::uint32_t kLocal = 0x04034b50, kDirectory = 0x02014b50, kEnd = 0x06054b50;
constexpr std::size_t kEndSize = 22, kLongestComment = 65535;
constexpr std::uint16_t kEncrypted = 1u << 0, kStored = 0, kDeflated = 8;
constexpr std::size_t kMostEntries = 4096;
constexpr std::size_t kLargestEntry = kLargestFile;

struct End {
  std::size_t at = 0, begin = 0, size = 0, count = 0;
};

// The end record: the last signature whose comment reaches exactly to the end of the file.
End find_end(ByteView archive, const std::string& where) {
  const std::size_t n = archive.size();
  for (std::size_t back = kEndSize; back <= std::min(n, kEndSize + kLongestComment); ++back) {
    Cursor c(archive.subspan(n - back), where);
    if (c.u32() != kEnd) continue;
    const std::uint16_t disk = c.u16(), directory_disk = c.u16(), here = c.u16(), total = c.u16();
    const std::uint32_t size = c.u32(), begin = c.u32();
    if (c.u16() != back - kEndSize) continue;
    if (disk != 0 || directory_disk != 0 || here != total)
      throw InputError(where + ": a zip in several parts, expected one file as torch.save writes it");
    if (size == 0xffffffff || begin == 0xffffffff || total == 0xffff)
      throw InputError(where + ": a zip whose sizes need zip64, expected a small checkpoint");
    if (total > kMostEntries)
      throw InputError(
          fmt::format("{}: a zip of {} entries, expected {} at most", where, total, kMostEntries));
    if (size > n - back || begin > n - back - size)
      throw InputError(where +
                       ": the zip's directory lies outside the file; the file is truncated or damaged");
    return {n - back, begin, size, total};
  }
  throw InputError(
      where +
      ": no end of a zip archive found; the file is truncated, damaged, or no checkpoint of torch.save");
}

Bytes inflate_raw(ByteView packed, std::size_t size, const std::string& where) {
  Bytes out(size);
  z_stream stream{};
  ensure(inflateInit2(&stream, -MAX_WBITS) == Z_OK, "zlib starts");
  stream.next_in = const_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  Bytef spare = 0;  // zlib wants a place to write to even where nothing is to come
  stream.next_out = size == 0 ? &spare : out.data();
  stream.avail_out = static_cast<uInt>(size);
  const int code = inflate(&stream, Z_FINISH);
  const bool complete = code == Z_STREAM_END && stream.avail_out == 0 && stream.avail_in == 0;
  inflateEnd(&stream);
  if (!complete)
    throw InputError(where + ": the packed bytes do not unpack to the stated size; the file is damaged");
  return out;
}

}  // namespace

ZipReader::ZipReader(ByteView archive, std::string where) : archive_(archive), where_(std::move(where)) {
  const End end = find_end(archive_, where_);
  Cursor directory(archive_.subspan(end.begin, end.size), where_ + ": zip directory");
  std::vector<Located> found;
  std::set<std::string> names;
  for (std::size_t i = 0; i < end.count; ++i) {
    found.push_back(directory_entry(directory));
    locate(found.back(), end.begin);
    const std::string& name = found.back().entry.name;
    if (!names.insert(name).second)
      throw InputError(fmt::format("{}: zip entry {} comes twice; the file is damaged or hostile", where_,
                                   printable(name)));
  }
  if (directory.left() != 0)
    throw InputError(where_ +
                     ": the zip's directory holds more than its entries; the file is damaged or hostile");
  for (const Located& f : found) entries_.push_back(f.entry);
  refuse_overlaps(found);
}

ZipReader::Located ZipReader::directory_entry(Cursor& c) const {
  if (c.u32() != kDirectory) throw InputError(where_ + ": the zip's directory is damaged");
  c.skip(4);  // versions
  const std::uint16_t flags = c.u16(), method = c.u16();
  c.skip(4);  // time and date
  Located found;
  found.entry.crc = c.u32();
  found.entry.packed = c.u32();
  found.entry.size = c.u32();
  const std::uint16_t name = c.u16(), extra = c.u16(), comment = c.u16(), disk = c.u16();
  c.skip(6);  // attributes
  found.header = c.u32();
  found.entry.name = as_text(c.take(name));
  c.skip(std::uint64_t{extra} + comment);
  const std::string entry = fmt::format("{}: zip entry {}", where_, printable(found.entry.name));
  if (disk != 0) throw InputError(entry + " lies in another part of the archive, expected one file");
  if ((flags & kEncrypted) != 0) throw InputError(entry + " is encrypted, expected a plain checkpoint");
  if (method != kStored && method != kDeflated)
    throw InputError(
        fmt::format("{} is packed by method {}, expected stored (0) or deflated (8)", entry, method));
  found.entry.deflated = method == kDeflated;
  if (found.entry.size > kLargestEntry)
    throw InputError(
        fmt::format("{} claims {} bytes, expected {} at most", entry, found.entry.size, kLargestEntry));
  if (!found.entry.deflated && found.entry.size != found.entry.packed)
    throw InputError(entry + " is stored but its two sizes differ; the file is damaged");
  constexpr std::size_t kBestDeflate = 1032;  // deflate cannot do better than this
  if (found.entry.size > kBestDeflate * (found.entry.packed + 1))
    throw InputError(entry + " claims to unpack to more than deflate can; the file is damaged or hostile");
  return found;
}

void ZipReader::locate(Located& found, std::size_t directory_begin) const {
  const std::string entry = fmt::format("{}: zip entry {}", where_, printable(found.entry.name));
  if (found.header > directory_begin)
    throw InputError(entry + " starts outside the archive's data; the file is truncated or damaged");
  Cursor c(archive_.subspan(found.header, directory_begin - found.header), entry);
  if (c.u32() != kLocal) throw InputError(entry + " has no local header; the file is damaged");
  c.skip(4);  // version, flags
  const std::uint16_t method = c.u16();
  c.skip(16);  // time, date, checksum, sizes: they may follow the data, so the directory's count
  const std::uint16_t name = c.u16(), extra = c.u16();
  if (as_text(c.take(name)) != found.entry.name || method != (found.entry.deflated ? kDeflated : kStored))
    throw InputError(entry + " disagrees with its local header; the file is damaged or hostile");
  c.skip(extra);
  found.entry.begin = found.header + c.position();
  c.skip(found.entry.packed);
}

void ZipReader::refuse_overlaps(std::vector<Located>& found) const {
  std::sort(found.begin(), found.end(),
            [](const Located& a, const Located& b) { return a.header < b.header; });
  for (std::size_t i = 0; i + 1 < found.size(); ++i)
    if (found[i].entry.begin + found[i].entry.packed > found[i + 1].header)
      throw InputError(fmt::format("{}: zip entries {} and {} overlap; the file is damaged or hostile",
                                   where_, printable(found[i].entry.name),
                                   printable(found[i + 1].entry.name)));
}

const ZipEntry* ZipReader::find(std::string_view name) const {
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [&](const ZipEntry& e) { return e.name == name; });
  return found == entries_.end() ? nullptr : &*found;
}

Bytes ZipReader::read(const ZipEntry& entry) const {
  const std::string where = fmt::format("{}: zip entry {}", where_, printable(entry.name));
  const ByteView packed = archive_.subspan(entry.begin, entry.packed);
  Bytes out = entry.deflated ? inflate_raw(packed, entry.size, where) : Bytes(packed.begin(), packed.end());
  const auto crc = crc32(crc32(0, nullptr, 0), out.data(), static_cast<uInt>(out.size()));
  if (crc != entry.crc)
    throw InputError(
        fmt::format("{} has checksum {:08x}, expected {:08x}; the file is damaged", where, crc, entry.crc));
  return out;
}

}  // namespace carryscope::model
