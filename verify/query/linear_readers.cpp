// Readers of linear forms: a number too long for a value is compared with 0, or taken modulo a small number,
// while its digits are read from the ones up.
#include "verify/query/readers.h"

namespace carryscope::verify::query {

namespace {

Integer floor_divide(Integer x, Integer y) { return x / y - (x % y < 0 ? 1 : 0); }  // y > 0

// From the ones up: value = (carry + top) 10^(n + 1) + what was read, and state = 2 carry + [read is not 0].
class Sign final : public Reader {
 public:
  Sign(const LinearForm& form, int digits, bool equality_only)
      : Reader(digits), form_(form), equality_only_(equality_only) {
    of_answer = form.factor[static_cast<int>(Source::predicted)] != 0;
    top_ = form.constant;
    for (int place = 0; place <= digits; ++place) {
      const Integer above = floor_divide(top_, 10);
      constant_.push_back(top_ - 10 * above);
      top_ = above;
    }
  }
  State read(State state, int place, const Letter& letter) const override {
    if (state == kNothing || (of_answer && letter.said == kNoDigit)) return kNothing;
    Integer v = constant_[static_cast<std::size_t>(place)] + (state >> 1);
    for (int i = 0; i < kSources; ++i)
      if (form_.factor[i] != 0) v += form_.factor[i] * digit(letter, static_cast<Source>(i));
    const Integer carry = floor_divide(v, 10);
    if (equality_only_ && (v != 10 * carry || (state & 1))) return 1;
    return static_cast<State>(2 * carry) | (v != 10 * carry) | (state & 1);
  }
  std::optional<std::int64_t> value(State state) const override {
    if (state == kNothing) return std::nullopt;
    if (equality_only_ && (state & 1)) return 1;
    const Integer high = (state >> 1) + top_;
    return high < 0 ? -1 : high > 0 || (state & 1) ? 1 : 0;
  }

  bool settled(State state, int places) const override {
    const bool unequal = equality_only_ && (state & 1);
    return state == kNothing || unequal || Reader::settled(state, places);
  }

 private:
  LinearForm form_;
  bool equality_only_;
  std::vector<Integer> constant_;  // [place]: its digits
  Integer top_ = 0;
};

class Residue final : public Reader {
 public:
  Residue(const LinearForm& form, int modulus, int digits) : Reader(digits), form_(form), modulus_(modulus) {
    of_answer = form.factor[static_cast<int>(Source::predicted)] != 0;
  }
  State start() const override { return reduce(form_.constant); }
  State read(State state, int place, const Letter& letter) const override {
    if (state == kNothing || (of_answer && letter.said == kNoDigit)) return kNothing;
    Integer v = 0;
    for (int i = 0; i < kSources; ++i)
      if (form_.factor[i] != 0) v += form_.factor[i] * digit(letter, static_cast<Source>(i));
    const Integer weight = static_cast<Integer>(model::power_of_ten(place)) % modulus_;
    return reduce(state + reduce(v) * weight);
  }
  std::optional<std::int64_t> value(State state) const override {
    return state == kNothing ? std::nullopt : std::optional(state);
  }

 private:
  State reduce(Integer v) const { return static_cast<State>(v - floor_divide(v, modulus_) * modulus_); }
  LinearForm form_;
  int modulus_;
};

}  // namespace

std::unique_ptr<Reader> sign_of(const LinearForm& form, int digits, bool equality_only) {
  return std::make_unique<Sign>(form, digits, equality_only);
}

std::unique_ptr<Reader> residue_of(const LinearForm& form, int modulus, int digits) {
  return std::make_unique<Residue>(form, modulus, digits);
}

}  // namespace carryscope::verify::query
