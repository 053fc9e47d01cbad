// The two ways something can be wrong.
//
// InputError: the world handed us something bad (a file, a flag, a format). Its sentence says what
// is wrong, where, and what to do; the program prints it and leaves with exit code 2.
// ensure(): we are wrong. Stays on in release builds, because a broken invariant inside a prover
// would otherwise come out as a theorem.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace carryscope::model {

class InputError : public std::runtime_error {
 public:
  explicit InputError(const std::string& sentence) : std::runtime_error(sentence) {}
};

class BrokenInvariant : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

// Where a call stands; std::source_location needs a clang newer than the fuzzers' and clang-tidy's 14.
struct CallSite {
  const char* file;
  int line;
  const char* function;
  static constexpr CallSite here(const char* file = __builtin_FILE(), int line = __builtin_LINE(),
                                 const char* function = __builtin_FUNCTION()) {
    return {file, line, function};
  }
};

[[noreturn]] void report_broken(std::string_view invariant, const CallSite& where = CallSite::here());

inline void ensure(bool holds, std::string_view invariant, const CallSite& where = CallSite::here()) {
  if (!holds) [[unlikely]]
    report_broken(invariant, where);
}

}  // namespace carryscope::model
