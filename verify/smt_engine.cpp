#include "verify/smt_engine.h"

#include "model/error.h"
#include "model/greedy.h"
#include "verify/carries.h"
#include "verify/deadline.h"
#include "verify/smt_condition.h"
#include "verify/smt_lemma.h"
#include "verify/smt_pairs.h"
#include "verify/smt_replay.h"
#include "verify/workers.h"

namespace carryscope::verify {

namespace {

// Of a question: pairs left out one by one because intervals cannot tell, and because no lemma excludes them.
constexpr std::uint64_t kMostTies = 50, kMostSingles = 10'000;

// Lemmas of a cube that Z3 gets as sums; where that is not enough, the others as sets of digits, which are
// many more but cost it next to nothing.
constexpr int kMostSums = 60;

std::size_t index(int i) { return static_cast<std::size_t>(i); }

struct Answer {
  Proof verdict = Proof::proven;
  std::optional<Counterexample> counterexample;
  std::uint64_t proposals = 0, lemmas = 0, ties = 0;
};

// One question, one cube after another: those in which all of the target digit's letter is known.
class QuestionProver {
 public:
  QuestionProver(const Question& question, const model::Decoder& decoder, const Deadline& deadline)
      : question_(question),
        deadline_(deadline),
        pairs_(question.digits),
        lemmas_(question, decoder),
        replay_(decoder) {}

  // `superfluous` ends it undecided.
  Answer run(const Moves* where, const std::function<bool()>& superfluous) {
    if (where) pairs_.require(*where);
    for_each_target(question_.domain(), question_.target_place, [&](const Cube& part) {
      if (answer_.verdict == Proof::refuted || deadline_.passed() || superfluous()) {
        if (answer_.verdict == Proof::proven) answer_.verdict = Proof::undecided;
        return;
      }
      pairs_.open(part);
      lemmas_.enter(part);
      sums_ = 0;
      while (propose()) continue;
      pairs_.close();
    });
    return answer_;
  }

 private:
  // Whether there may be more to find in the cube.
  bool propose() {
    if (!pairs_.find(deadline_)) return give_up();
    if (!pairs_.found()) return false;
    const model::Pair pair = *pairs_.found();
    ++answer_.proposals;
    const Replayed seen = replay_(pair, question_.step);
    if (seen.verdict == Verdict::wrong) {
      answer_.verdict = Proof::refuted;
      answer_.counterexample = Counterexample{pair, seen.rival, seen.margin, std::nullopt};
      return false;
    }
    if (seen.verdict == Verdict::undecided) {
      give_up();
      pairs_.leave_out(Cube::point(pair, question_.digits));
      return ++answer_.ties < kMostTies;
    }
    if (const auto lemma = lemmas_.exclude(pair)) {
      ++answer_.lemmas;
      if (++sums_ <= kMostSums)
        pairs_.learn(*lemma, question_.target_place);
      else
        pairs_.leave_out(lemmas_.excluded(*lemma, pair));
      return true;
    }
    pairs_.leave_out(Cube::point(pair, question_.digits));
    return ++singles_ < kMostSingles || give_up();
  }

  bool give_up() {
    answer_.verdict = Proof::undecided;
    return false;
  }

  const Question& question_;
  const Deadline& deadline_;
  PairSolver pairs_;
  LemmaMaker lemmas_;
  Replay replay_;
  std::uint64_t singles_ = 0;
  int sums_ = 0;  // lemmas about the cube
  Answer answer_;
};

std::optional<std::uint64_t> decoded(const model::Decoder& decoder, model::Pair pair) {
  std::vector<int> tokens(index(decoder.layout.steps()));
  model::make_forward_greedy(decoder)->decode(std::span(&pair, 1), tokens);
  return model::detokenise(decoder.layout, tokens);
}

// The refuted question of the least number decides, whatever the threads do.
std::vector<Answer> answer_all(const std::vector<Question>& questions, const model::Decoder& decoder,
                               const Moves* where, int threads, const Deadline& deadline) {
  std::vector<Answer> answers(questions.size());
  std::atomic<std::size_t> next = 0, refuted = questions.size();
  in_parallel(threads, [&](int) {
    for (std::size_t i = next++; i < questions.size(); i = next++) {
      const auto superfluous = [&] { return refuted < i; };
      if (superfluous()) continue;
      if (deadline.passed())
        answers[i].verdict = Proof::undecided;
      else
        answers[i] = QuestionProver(questions[i], decoder, deadline).run(where, superfluous);
      if (answers[i].verdict != Proof::refuted) continue;
      for (std::size_t known = refuted; i < known && !refuted.compare_exchange_weak(known, i);) continue;
    }
  });
  return answers;
}

StepProof prove_step(const model::AttentionTable<Interval>& table, int step, const ProveOptions& options,
                     const Moves* where, const Deadline& deadline) {
  const model::Decoder& decoder = table.decoder();
  const double started = deadline.elapsed();
  std::vector<Question> questions;
  in_parallel(1, [&](int) { questions = questions_of_step(table, step); });
  StepProof proof;
  proof.step = step;
  proof.place = decoder.layout.answer[index(step)].place;
  for (const Answer& answer : answer_all(questions, decoder, where, options.threads, deadline)) {
    proof.proposals += answer.proposals;
    proof.lemmas += answer.lemmas;
    proof.ties += answer.ties;
    if (answer.verdict != Proof::proven) proof.verdict = answer.verdict;
    if (answer.verdict != Proof::refuted) continue;
    proof.counterexample = answer.counterexample;
    break;
  }
  if (proof.counterexample) {
    const model::Pair pair = proof.counterexample->pair;
    model::ensure(!options.where || meets(*options.where, decoder.layout, pair),
                  "a counterexample meets the condition");
    proof.counterexample->predicted = decoded(decoder, pair);
  }
  proof.seconds = deadline.elapsed() - started;
  return proof;
}

}  // namespace

std::vector<StepProof> prove(const model::Decoder& decoder, const ProveOptions& options,
                             const std::function<void(const StepProof&)>& done) {
  const Deadline deadline(options.time_limit, options.interrupted);
  std::optional<Moves> where;
  if (options.where) where = spell_out(*options.where, decoder.layout);
  std::optional<model::AttentionTable<Interval>> table;
  in_parallel(1, [&](int) { table.emplace(decoder); });
  std::vector<StepProof> proofs;
  for (int step = 0; step < decoder.layout.answer_digits(); ++step) {
    if (options.step >= 0 && step != options.step) continue;
    proofs.push_back(prove_step(*table, step, options, where ? &*where : nullptr, deadline));
    if (done) done(proofs.back());
  }
  return proofs;
}

}  // namespace carryscope::verify
