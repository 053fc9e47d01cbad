// Pieces of HTML. What comes from a record passes through escape(); everything else is ours.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carryscope::reports {

std::string escape(std::string_view text);  // for text and for quoted attributes

struct Column {
  std::string title;     // HTML
  bool numeric = false;  // right-aligned, digits of one width
};

struct Row {
  std::vector<std::string> cells;                              // HTML
  std::vector<std::pair<std::string, std::string>> keys = {};  // data-KEY="VALUE", what filters look at
};

struct Table {
  std::string id;       // unique in the page; names the file that a copy or download goes to
  std::string caption;  // text
  std::vector<Column> columns;
  std::vector<Row> rows;
};

// The first cell of a row is its header.
std::string html(const Table& table);

// A drop-down for each key, which hides the rows of table `id` that have another value. Its options are
// {value, label}; the first one, "", shows all.
struct Filter {
  std::string key, label;
  std::vector<std::pair<std::string, std::string>> options;
};
std::string html(const std::vector<Filter>& filters, const std::string& id);

}  // namespace carryscope::reports
