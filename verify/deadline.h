// Deadline: when to stop with what is proven so far.
#pragma once

#include <atomic>
#include <chrono>
#include <limits>

namespace carryscope::verify {

class Deadline {
 public:
  explicit Deadline(double seconds, const std::atomic<bool>* interrupted = nullptr)
      : start_(std::chrono::steady_clock::now()), seconds_(seconds), interrupted_(interrupted) {}

  static Deadline never() { return Deadline(std::numeric_limits<double>::infinity()); }

  // After so much of the time that is left.
  Deadline part(double share) const { return Deadline(share * (seconds_ - elapsed()), interrupted_); }

  bool passed() const {
    return (interrupted_ && interrupted_->load(std::memory_order_relaxed)) || elapsed() >= seconds_;
  }
  double elapsed() const {  // seconds since construction
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_;
  double seconds_;
  const std::atomic<bool>* interrupted_;
};

}  // namespace carryscope::verify
