#include "verify/query/condition.h"

#include <fmt/format.h>

#include "model/error.h"

namespace carryscope::verify::query {

namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

}  // namespace

Condition::Condition(const Expression& expression, int digits, std::size_t most_states)
    : expression_(expression),
      digits_(digits),
      most_states_(most_states),
      readers_(expression.readers.size()),
      keys_(2) {
  Key key;
  for (const auto& reader : expression.readers) key.push_back(reader->start());
  key.insert(key.end(), index(expression.comparisons), kOpen);
  start_ = intern(std::move(key), 0);
}

int Condition::read(int state, int place, const Letter& letter) {
  if (state == kNever || state == kAlways) return state;
  Key key = keys_[index(state)];
  for (std::size_t r = 0; r < readers_; ++r) key[r] = expression_.readers[r]->read(key[r], place, letter);
  if (last_places_ == place + 1 && key == last_key_) return last_;
  last_key_ = key;
  last_places_ = place + 1;
  return last_ = intern(std::move(key), place + 1);
}

std::size_t Condition::Hash::operator()(const Key& key) const {
  std::uint64_t h = 0;
  for (const State x : key) {
    h = (h ^ static_cast<std::uint64_t>(x)) * 0x9E3779B97F4A7C15u;
    h ^= h >> 29;
  }
  return h;
}

int Condition::intern(Key key, int places) {
  settle(expression_.formula, key, places);
  if (const Truth known = truth(expression_.formula, key); known != kOpen)
    return known == kTrue ? kAlways : kNever;
  model::ensure(places <= digits_, "a condition is settled once all places are read");
  std::vector<bool> needed(readers_, false);
  mark_needed(expression_.formula, key, needed);
  for (std::size_t r = 0; r < readers_; ++r)
    if (!needed[r]) key[r] = 0;
  const auto [found, fresh] = numbers_.try_emplace(key, static_cast<int>(keys_.size()));
  if (fresh) {
    if (keys_.size() >= most_states_)
      throw model::InputError(
          fmt::format("--where: the condition remembers too much, more than {} states; ask for less at once",
                      most_states_));
    keys_.push_back(std::move(key));
  }
  return found->second;
}

bool Condition::settled(const Term& term, const Key& key, int places) const {
  if (term.op == Term::Op::reader)
    return expression_.readers[index(term.reader)]->settled(key[index(term.reader)], places);
  for (const Term& operand : term.operands)
    if (!settled(operand, key, places)) return false;
  return true;
}

void Condition::settle(const Formula& f, Key& key, int places) const {
  for (const Formula& part : f.parts) settle(part, key, places);
  if (f.kind != Formula::Kind::comparison) return;
  State& known = key[readers_ + index(f.number)];
  if (known != kOpen || !settled(f.left, key, places) || !settled(f.right, key, places)) return;
  std::vector<std::optional<std::int64_t>> values;
  for (std::size_t r = 0; r < readers_; ++r) values.push_back(expression_.readers[r]->value(key[r]));
  const auto left = evaluate(f.left, values), right = evaluate(f.right, values);
  known = left && right && holds(f.order, *left, *right) ? kTrue : kFalse;
}

Condition::Truth Condition::truth(const Formula& f, const Key& key) const {
  if (f.kind == Formula::Kind::comparison) return static_cast<Truth>(key[readers_ + index(f.number)]);
  const Truth x = truth(f.parts[0], key);
  if (f.kind == Formula::Kind::negation) return x == kOpen ? kOpen : x == kTrue ? kFalse : kTrue;
  const Truth y = truth(f.parts[1], key);
  const Truth decisive = f.kind == Formula::Kind::conjunction ? kFalse : kTrue;
  if (x == decisive || y == decisive) return decisive;
  return x == kOpen || y == kOpen ? kOpen : x;
}

void Condition::mark_needed(const Formula& f, const Key& key, std::vector<bool>& needed) const {
  if (truth(f, key) != kOpen) return;
  for (const Formula& part : f.parts) mark_needed(part, key, needed);
  if (f.kind != Formula::Kind::comparison) return;
  mark_readers(f.left, needed);
  mark_readers(f.right, needed);
}

void Condition::mark_readers(const Term& term, std::vector<bool>& needed) const {
  if (term.op == Term::Op::reader) needed[index(term.reader)] = true;
  for (const Term& operand : term.operands) mark_readers(operand, needed);
}

}  // namespace carryscope::verify::query
