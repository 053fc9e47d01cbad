// One line on a terminal, rewritten in place and gone at the end; nothing where stderr is no terminal.
#pragma once

#include <unistd.h>

#include <cmath>
#include <iostream>
#include <string>

namespace carryscope::cli {

class StatusLine {
 public:
  StatusLine() = default;
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;
  ~StatusLine() { clear(); }

  void show(const std::string& text) {
    if (!terminal_) return;
    shown_ = true;
    std::cerr << "\r\033[K" << text << std::flush;
  }
  void clear() {
    if (shown_) std::cerr << "\r\033[K" << std::flush;
    shown_ = false;
  }

 private:
  bool terminal_ = isatty(STDERR_FILENO) == 1, shown_ = false;
};

inline std::string duration(double seconds) {
  const long whole = std::lround(seconds);
  const auto two = [](long n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  return whole < 3600 ? std::to_string(whole / 60) + ":" + two(whole % 60)
                      : std::to_string(whole / 3600) + ":" + two(whole / 60 % 60) + ":" + two(whole % 60);
}

}  // namespace carryscope::cli
