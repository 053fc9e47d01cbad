// Journal: an append-only text file of a long run's finished pieces, so that the run can be resumed.
//
// The header's lines name the run; then one line for each finished piece. A line counts once its newline
// is there: what an interrupted write left after the last newline is cut off when the file is opened
// again. One program at a time writes it. The lines are believed, not checked again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace carryscope::verify {

class Journal {
 public:
  // Creates the file with this header (whole lines), or reads one that has it. Throws InputError, and
  // leaves the file as it was, where it has another header, another program writes it, or it cannot be
  // opened.
  Journal(const std::string& path, std::string_view header);
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  ~Journal();

  const std::string& path() const { return path_; }
  const std::vector<std::string>& lines() const { return lines_; }  // found after the header
  int first_line() const { return first_line_; }                    // the number of lines()[0] in the file

  // `line` without its newline. Throws InputError if it cannot be written.
  void append(std::string_view line);

 private:
  void open();
  std::string content() const;
  void expect_header(std::string_view found, std::string_view header) const;
  void write(std::string_view bytes);

  std::string path_;
  int fd_ = -1;
  int first_line_ = 0;
  std::vector<std::string> lines_;
};

}  // namespace carryscope::verify
