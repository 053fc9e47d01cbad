// POSIX calls: streams cannot lock a file, nor cut one.
#include "verify/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "model/checkpoint/bytes.h"
#include "model/error.h"

namespace carryscope::verify {
namespace {

using model::InputError;

constexpr std::size_t kLargestJournal = std::size_t{1} << 30;

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t end = 0; (end = text.find('\n')) != std::string_view::npos; text.remove_prefix(end + 1))
    lines.emplace_back(text.substr(0, end));
  return lines;
}

}  // namespace

Journal::Journal(const std::string& path, std::string_view header) : path_(path) {
  open();
  try {
    const std::string found = content();
    first_line_ = static_cast<int>(std::ranges::count(header, '\n')) + 1;
    if (header.starts_with(found)) {  // new, or ended while the header was written
      write(header.substr(found.size()));
      return;
    }
    expect_header(found, header);
    const std::size_t whole = found.rfind('\n') + 1;
    if (::ftruncate(fd_, static_cast<::off_t>(whole)) != 0)
      throw InputError(fmt::format("{}: the journal could not be cut to whole lines ({}); check its disk",
                                   path_, std::strerror(errno)));
    lines_ = lines_of(std::string_view(found).substr(header.size(), whole - header.size()));
  } catch (...) {
    ::close(fd_);
    throw;
  }
}

Journal::~Journal() { ::close(fd_); }

void Journal::open() {
  fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (fd_ < 0)
    throw InputError(fmt::format("{}: the journal could not be opened ({}); check the path and its folder",
                                 path_, std::strerror(errno)));
  if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
  ::close(fd_);
  throw InputError(path_ + ": another program is writing this journal; wait for it or name another file");
}

std::string Journal::content() const {
  return std::string(model::as_text(model::read_file(path_, kLargestJournal)));
}

void Journal::expect_header(std::string_view found, std::string_view header) const {
  const std::vector<std::string> are = lines_of(found), wanted = lines_of(header);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const std::string is = i < are.size() ? model::printable(are[i]) : "";
    if (is != wanted[i])
      throw InputError(
          fmt::format("{}: line {} is '{}', expected '{}': it is no journal of this run; name another file",
                      path_, i + 1, is, wanted[i]));
  }
}

void Journal::append(std::string_view line) { write(std::string(line) + '\n'); }

void Journal::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ::ssize_t count = ::write(fd_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      throw InputError(fmt::format(
          "{}: the journal could not be written ({}), what it holds is good; free some space and run again",
          path_, std::strerror(errno)));
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace carryscope::verify
