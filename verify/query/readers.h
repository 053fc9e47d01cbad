// Readers: what a condition may ask of an addition and of the model's answer, read place by place.
//
// A reader is an automaton over the places from the ones up, with a 64-bit state and a small integer as its
// value once all places are read. Whatever can be told so is a row of a table (readers.cpp): a new variable
// costs that row and its reader. Numbers of many digits are not values but linear forms, of which a reader
// tells the sign or the residue.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/addition.h"

namespace carryscope::verify::query {

using Integer = __int128;
using State = std::int64_t;

inline constexpr int kNoDigit = -1;                                   // said: a token that is no digit
inline constexpr State kNothing = std::numeric_limits<State>::min();  // of a reader that met one

// One place of an addition and of its answer; at place n a and b are 0 and s is the last carry.
struct Letter {
  int a = 0, b = 0, s = 0;
  int out = 0;         // the carry out of the place
  int said = 0;        // the model's digit, or kNoDigit
  bool first = false;  // the first wrong answer digit, in the order in which they are generated
};

enum class Source : std::uint8_t { a, b, sum, predicted };
inline constexpr int kSources = 4;
int digit(const Letter& letter, Source source);

class Reader {
 public:
  virtual ~Reader() = default;
  virtual State start() const { return 0; }
  virtual State read(State state, int place, const Letter& letter) const = 0;
  // The value after all places; nothing where the answer is no number.
  virtual std::optional<std::int64_t> value(State state) const { return state; }
  // Whether the value is known once `places` places are read.
  virtual bool settled(State, int places) const { return places > last_; }

  bool of_answer = false;  // reads `said`
  bool of_first = false;   // reads `first`

 protected:
  explicit Reader(int last) : last_(last) {}

 private:
  int last_;  // the last place that matters
};

// sum over sources of factor x number, plus a constant.
struct LinearForm {
  Integer factor[kSources] = {0, 0, 0, 0};
  Integer constant = 0;
};

// -1, 0, 1. With equality_only the value is compared with 0 by == alone: 0, or 1 or nothing where it is not
// equal, which is often known early.
std::unique_ptr<Reader> sign_of(const LinearForm& form, int digits, bool equality_only);
// 0 .. modulus - 1
std::unique_ptr<Reader> residue_of(const LinearForm& form, int modulus, int digits);

// How a row is written: name, name[place], name(number).
enum class Shape : std::uint8_t { plain, indexed, of_number };

struct Variable {
  std::string_view name;
  Shape shape;
  bool predicate;  // a condition by itself
  std::unique_ptr<Reader> (*make)(Source source, int place, const model::Layout& layout);
  int (*places)(int digits);  // of an indexed one: places 0 .. places - 1
  std::string_view meaning;
};
const std::vector<Variable>& variables();

}  // namespace carryscope::verify::query
