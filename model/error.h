// The two ways something can be wrong.
//
// InputError: the world handed us something bad (a file, a flag, a format). Its sentence says what
// is wrong, where, and what to do; the program prints it and leaves with exit code 2.
// ensure(): we are wrong. Stays on in release builds, because a broken invariant inside a prover
// would otherwise come out as a theorem.
#pragma once

#include <source_location>
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

[[noreturn]] void report_broken(std::string_view invariant, const std::source_location& where);

inline void ensure(bool holds, std::string_view invariant,
                   const std::source_location& where = std::source_location::current()) {
  if (!holds) [[unlikely]]
    report_broken(invariant, where);
}

}  // namespace carryscope::model
