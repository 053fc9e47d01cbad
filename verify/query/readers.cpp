#include "verify/query/readers.h"

#include <algorithm>

namespace carryscope::verify::query {

int digit(const Letter& letter, Source source) {
  switch (source) {
    case Source::a:
      return letter.a;
    case Source::b:
      return letter.b;
    case Source::sum:
      return letter.s;
    case Source::predicted:
      return letter.said;
  }
  return kNoDigit;
}

namespace {

// A reader of one number's digits; no value where one of them is no digit.
class NumberReader : public Reader {
 public:
  NumberReader(Source source, int last) : Reader(last), source_(source) {
    of_answer = source == Source::predicted;
  }
  State read(State state, int place, const Letter& letter) const final {
    const int d = digit(letter, source_);
    return state == kNothing || d == kNoDigit ? kNothing : read_digit(state, place, d);
  }
  std::optional<std::int64_t> value(State state) const final {
    return state == kNothing ? std::nullopt : std::optional(value_of(state));
  }

 private:
  virtual State read_digit(State state, int place, int digit) const = 0;
  virtual std::int64_t value_of(State state) const { return state; }
  Source source_;
};

class DigitReader final : public NumberReader {
 public:
  DigitReader(Source source, int place) : NumberReader(source, place), place_(place) {}

 private:
  State read_digit(State state, int place, int digit) const override {
    return place == place_ ? digit : state;
  }
  int place_;
};

class DigitSum final : public NumberReader {
 public:
  using NumberReader::NumberReader;

 private:
  State read_digit(State state, int, int digit) const override { return state + digit; }
};

class Length final : public NumberReader {
 public:
  using NumberReader::NumberReader;

 private:
  State read_digit(State state, int place, int digit) const override { return digit ? place + 1 : state; }
  std::int64_t value_of(State state) const override { return std::max<State>(state, 1); }  // 0 is one digit
};

// Bit L of the candidates: the digits so far fit a palindrome of L digits. Beside them, the digits that
// the upper half must repeat, four bits each; those that no candidate needs any more are 0.
class Palindrome final : public NumberReader {
 public:
  Palindrome(Source source, int last) : NumberReader(source, last), longest_(last + 1) {}
  State start() const override { return ((State{1} << (longest_ + 1)) - 2) << kShift; }
  bool settled(State state, int places) const override {
    return state >> kShift == 0 || Reader::settled(state, places);
  }

 private:
  static constexpr int kShift = 36, kKept = 9;

  State read_digit(State state, int place, int digit) const override {
    const State digits = state & ((State{1} << kShift) - 1);
    State candidates = state >> kShift, left = 0;
    int needed = 0;  // digits below this place are still to be repeated
    for (int length = 1; length <= longest_; ++length) {
      if (!(candidates >> length & 1)) continue;
      const int mirror = length - 1 - place;
      const bool fits = place >= length             ? digit == 0
                        : mirror == 0 && length > 1 ? digit != 0 && digit == (digits & 15)
                        : mirror < place            ? digit == (digits >> (4 * mirror) & 15)
                                                    : true;
      if (!fits) continue;
      left |= State{1} << length;
      needed = std::max(needed, mirror);
    }
    if (left == 0) return 0;
    State kept = place < kKept ? digits | State{digit} << (4 * place) : digits;
    if (needed < kKept) kept &= (State{1} << (4 * needed)) - 1;
    return left << kShift | kept;
  }
  std::int64_t value_of(State state) const override { return state >> kShift != 0; }
  int longest_;
};

class IsNumber final : public Reader {
 public:
  explicit IsNumber(int digits) : Reader(digits) { of_answer = true; }
  State start() const override { return 1; }
  State read(State state, int, const Letter& letter) const override {
    return letter.said == kNoDigit ? 0 : state;
  }
};

class WrongDigits final : public Reader {
 public:
  explicit WrongDigits(int digits) : Reader(digits) { of_answer = true; }
  State read(State state, int, const Letter& letter) const override {
    return state + (letter.said != letter.s);
  }
};

class FirstWrong final : public Reader {
 public:
  explicit FirstWrong(const model::Layout& layout) : Reader(layout.digits), layout_(layout) {
    of_first = true;
  }
  State start() const override { return layout_.answer_digits(); }
  State read(State state, int place, const Letter& letter) const override {
    if (!letter.first) return state;
    for (int step = 0; step < layout_.answer_digits(); ++step)
      if (layout_.answer[static_cast<std::size_t>(step)].place == place) return step;
    return state;
  }

 private:
  const model::Layout& layout_;
};

class CarryInto final : public Reader {
 public:
  explicit CarryInto(int place) : Reader(place - 1), place_(place) {}
  State read(State state, int place, const Letter& letter) const override {
    return place == place_ - 1 ? letter.out : state;
  }

 private:
  int place_;
};

class Carries final : public Reader {
 public:
  explicit Carries(int digits) : Reader(digits - 1), digits_(digits) {}
  State read(State state, int place, const Letter& letter) const override {
    return state + (place < digits_ ? letter.out : 0);
  }

 private:
  int digits_;
};

// 32 run + longest, as in model::cascade_class.
class Cascade final : public Reader {
 public:
  explicit Cascade(int digits) : Reader(digits - 1), digits_(digits) {}
  State read(State state, int place, const Letter& letter) const override {
    if (place >= digits_) return state;
    const int both = letter.a + letter.b;
    State run = state / 32;
    run = both >= 10 ? 1 : both == 9 && run > 0 ? run + 1 : 0;
    return run * 32 + std::max(state % 32, run);
  }
  std::optional<std::int64_t> value(State state) const override { return state % 32; }

 private:
  int digits_;
};

template <Source source>
std::unique_ptr<Reader> digit_of(Source, int place, const model::Layout&) {
  return std::make_unique<DigitReader>(source, place);
}
template <class Made>
std::unique_ptr<Reader> number(Source source, int, const model::Layout& layout) {
  const bool operand = source == Source::a || source == Source::b;
  return std::make_unique<Made>(source, layout.digits - operand);
}
template <class Made>
std::unique_ptr<Reader> whole(Source, int, const model::Layout& layout) {
  return std::make_unique<Made>(layout.digits);
}
std::unique_ptr<Reader> first_wrong(Source, int, const model::Layout& layout) {
  return std::make_unique<FirstWrong>(layout);
}
std::unique_ptr<Reader> carry_into(Source, int place, const model::Layout&) {
  return std::make_unique<CarryInto>(place);
}
int of_operand(int digits) { return digits; }
int of_sum(int digits) { return digits + 1; }

}  // namespace

const std::vector<Variable>& variables() {
  static const std::vector<Variable> table{
      {"a", Shape::indexed, false, digit_of<Source::a>, of_operand, "digit of a; place 0 is the ones"},
      {"b", Shape::indexed, false, digit_of<Source::b>, of_operand, "digit of b"},
      {"s", Shape::indexed, false, digit_of<Source::sum>, of_sum, "digit of the true sum"},
      {"p", Shape::indexed, false, digit_of<Source::predicted>, of_sum, "digit the model says"},
      {"c", Shape::indexed, false, carry_into, of_sum, "carry into the place, 0 or 1"},
      {"cascade", Shape::plain, false, whole<Cascade>, nullptr, "longest run that a carry passes through"},
      {"carries", Shape::plain, false, whole<Carries>, nullptr, "how many places carry"},
      {"first_wrong", Shape::plain, false, first_wrong, nullptr, "step of the first wrong digit, from 0"},
      {"wrong_digits", Shape::plain, false, whole<WrongDigits>, nullptr, "how many digits are wrong"},
      {"numeric", Shape::plain, true, whole<IsNumber>, nullptr, "the answer is a number"},
      {"length", Shape::of_number, false, number<Length>, nullptr, "digits of a number; 0 has one"},
      {"digit_sum", Shape::of_number, false, number<DigitSum>, nullptr, "sum of a number's digits"},
      {"palindrome", Shape::of_number, true, number<Palindrome>, nullptr, "it reads the same backwards"},
  };
  return table;
}

}  // namespace carryscope::verify::query
