// Runs a measurement in a process of its own, so that its peak memory is its own and a measurement that dies
// takes no other with it. The result travels through a pipe as it lies in memory.
#pragma once

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <type_traits>

#include <fmt/format.h>

#include "model/error.h"

namespace carryscope::benchmarks {

template <class Result>
struct Apart {
  Result result{};
  std::string refusal;    // why there is no result; empty where there is one
  double peak_mib = 0.0;  // largest resident set of the process
};

template <class Result>
struct Envelope {
  bool done = false;
  Result result{};
  std::array<char, 512> complaint{};
};

// `measure` returns a Result, or throws; what it throws comes back as `refusal`.
template <class Measure, class Result = std::invoke_result_t<Measure>>
Apart<Result> apart(Measure measure) {
  static_assert(std::is_trivially_copyable_v<Result>);
  std::array<int, 2> ends{};
  model::ensure(pipe(ends.data()) == 0, "a pipe opens");
  std::fflush(nullptr);
  const pid_t child = fork();
  model::ensure(child >= 0, "a process starts");
  Envelope<Result> envelope;
  if (child == 0) {
    close(ends[0]);
    try {
      envelope.result = measure();
      envelope.done = true;
    } catch (const std::exception& error) {
      std::strncpy(envelope.complaint.data(), error.what(), envelope.complaint.size() - 1);
    }
    const bool written = write(ends[1], &envelope, sizeof envelope) == ssize_t{sizeof envelope};
    _exit(written ? 0 : 1);
  }
  close(ends[1]);
  std::size_t taken = 0;
  auto* const bytes = reinterpret_cast<char*>(&envelope);
  for (ssize_t n = 0;
       taken < sizeof envelope && (n = read(ends[0], bytes + taken, sizeof envelope - taken)) > 0;)
    taken += static_cast<std::size_t>(n);
  close(ends[0]);
  int status = 0;
  rusage usage{};
  model::ensure(wait4(child, &status, 0, &usage) == child, "a process ends");
  Apart<Result> answer;
  answer.peak_mib = static_cast<double>(usage.ru_maxrss) / 1024.0;
  if (taken < sizeof envelope)
    answer.refusal =
        WIFSIGNALED(status) ? fmt::format("died of signal {}", WTERMSIG(status)) : "gave no result";
  else if (!envelope.done)
    answer.refusal = envelope.complaint.data();
  else
    answer.result = envelope.result;
  return answer;
}

}  // namespace carryscope::benchmarks
