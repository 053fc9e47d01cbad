// Damaged checkpoints: a good file, taken to pieces and put together again with one of them changed.
#pragma once

#include <gtest/gtest.h>

#include "model/checkpoint/torch_file.h"
#include "model/checkpoint/zip_reader.h"
#include "tests/model/checkpoint_files.h"
#include "tests/model/zip_builder.h"

namespace carryscope::model::testing {

inline std::string good_file() { return write_torch(random_checkpoint(preset("311"), 1)); }

// A file of the given bytes is refused with a sentence that has its name and these parts.
inline void refused(const std::string& bytes, std::initializer_list<std::string_view> parts) {
  const Folder folder;
  put(folder / "bad.pt", bytes);
  const std::string sentence = refusal([&] { load(folder / "bad.pt"); });
  expect_parts(sentence, {"bad.pt"});
  expect_parts(sentence, parts);
}

// The pieces of a good file, to be put together again with one of them changed.
inline std::vector<ZipItem> pieces(const std::string& file) {
  const ZipReader reader(as_bytes(file), "good.pt");
  std::vector<ZipItem> items;
  for (const ZipEntry& entry : reader.entries()) {
    ZipItem item;
    item.name = entry.name;
    const Bytes bytes = reader.read(entry);
    item.data = as_text(bytes);
    items.push_back(item);
  }
  return items;
}

inline ZipItem& piece(std::vector<ZipItem>& items, std::string_view suffix) {
  for (ZipItem& item : items)
    if (item.name.ends_with(suffix)) return item;
  throw std::runtime_error("no such piece");
}

// Replaces text in the pickle by text of the same length.
inline std::string with_pickle(std::string_view from, std::string_view to) {
  std::vector<ZipItem> items = pieces(good_file());
  std::string& pickle = piece(items, "data.pkl").data;
  const std::size_t at = pickle.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) pickle.replace(at, from.size(), to);
  return zip(items);
}

inline std::string zip_of_pickle(const std::string& pickle) { return zip({{"a/data.pkl", pickle}}); }

}  // namespace carryscope::model::testing
