// BadRecord: a record that cannot be read or drawn; its sentence says which, where, what was expected and
// what to do. Whoever asked for the page passes it on as a refusal like any other. ensure(): we are wrong.
#pragma once

#include <stdexcept>

namespace carryscope::reports {

class BadRecord : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

inline void ensure(bool holds, const char* invariant) {
  if (!holds) [[unlikely]]
    throw std::logic_error(invariant);
}

}  // namespace carryscope::reports
