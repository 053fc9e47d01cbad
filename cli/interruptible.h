// While an Interruptible lives, the first Ctrl-C (or SIGTERM) asks for what there is so far; the next
// one kills as usual.
#pragma once

#include <signal.h>

#include <atomic>

namespace carryscope::cli {

class Interruptible {
 public:
  Interruptible() {
    flag_ = false;
    struct sigaction action {};
    action.sa_handler = [](int) { flag_ = true; };
    action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
    sigaction(SIGINT, &action, &interrupt_);
    sigaction(SIGTERM, &action, &terminate_);
  }
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;
  ~Interruptible() {
    sigaction(SIGINT, &interrupt_, nullptr);
    sigaction(SIGTERM, &terminate_, nullptr);
  }

  const std::atomic<bool>* flag() const { return &flag_; }

 private:
  static inline std::atomic<bool> flag_ = false;
  static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may set it");
  struct sigaction interrupt_ {
  }, terminate_{};
};

}  // namespace carryscope::cli
