// StepSearch: branch and bound over the additions of one question.
//
// A cube is split first on the digit to be generated: a bad model gets most of these roots wrong outright
// (sure_failures.h). Then on the carry out of its place, which decides most of a good model's letters at
// once, then on the letter, then on whichever token moves the undecided margins most. Before children are
// made, one linear look ahead per digit sends whole groups of digits to leaves. The node with the largest
// undecided mass comes first, so the proven bracket shrinks as fast as it can. Leaves tile the question's
// domain: at any moment
//     correct + wrong + rounding + open = pairs of the domain, to the last pair.
#pragma once

#include <functional>
#include <optional>
#include <queue>

#include "verify/rivals.h"

namespace carryscope::verify {

struct Leaf {
  Cube cube;
  Verdict verdict = Verdict::undecided;
  Count pairs = 0;
  Count correct = 0, wrong = 0;  // of an undecided cube: at least so many, by hyperplane splits
};

struct Tally {
  Count correct = 0, wrong = 0, rounding = 0, undecided = 0;  // pairs
  std::uint64_t nodes = 0;

  Tally& operator+=(const Tally& other);
};

class StepSearch {
 public:
  // Both must outlive the search; the tail is used by one thread at a time. With keep_correct, leaves are
  // kept that are `correct`, and all are such as examining one cube decides.
  StepSearch(const Question& question, const model::Decoder& decoder, Semantics semantics, const Cube& within,
             bool keep_correct = false);

  // Processes up to `nodes` cubes; returns whether the search is complete. With `hyperplanes`, what a
  // cut cube certainly holds on either side is counted before it is split.
  bool run(TailBounds& tail, std::uint64_t nodes, bool hyperplanes = false);
  // Looks at every root once; where the model seems wrong, tries to show it.
  void try_roots(TailBounds& tail);
  // Share of the roots of which one pair, taken at random, was wrong.
  double doubt() const { return roots_ == 0 ? 0.0 : static_cast<double>(doubted_) / roots_; }
  // How many pairs of the cube are wrong, at least; all of them need the same digit. Nothing where some,
  // taken at random, are not, and it was not counted. Leaves the open cubes as they are.
  std::optional<Count> count_lost(TailBounds& tail, const Cube& cube);
  bool complete() const { return open_.empty(); }
  std::uint64_t nodes() const { return tally_.nodes; }
  Count surely_wrong() const { return tally_.wrong; }                             // in leaves
  double promise() const { return open_.empty() ? 0.0 : open_.top().promise(); }  // of the next node
  const Question& question() const { return question_; }

  // What is known now; open nodes count as undecided, less what hyperplane splits claim of them.
  Tally tally() const;
  // Leaves that are not `correct`: wrong, rounding, and undecided for good.
  const std::vector<Leaf>& leaves() const { return leaves_; }
  // The other leaves, only where they were to be kept.
  const std::vector<Leaf>& correct_leaves() const { return correct_leaves_; }
  std::vector<Leaf> open() const;
  // Cubes in which so many pairs are wrong, not known which: roots, or their open parts where those say more.
  std::vector<Leaf> counted() const;

 private:
  // What was done about a root; then its letters, all of one carry together; all other nodes are parts.
  enum class Stage : std::uint8_t { untried, doubted, counted, letters, part };
  struct Node {
    Cube cube;
    Count pairs = 0, open = 0;  // all of it; what hyperplane splits leave undecided
    Count correct = 0, wrong = 0;
    bool bracketed = false;
    Stage stage = Stage::part;
    double stake =
        1.0;  // share of the root that is not surely wrong: its count stands, whatever becomes of parts
    // Splitting a part loses its counts: the more they claim, the less there is to win. A doubted root comes
    // before all of them, since its count stands whatever becomes of its parts.
    double promise() const {
      constexpr double kFirst = 100.0;
      const double all = static_cast<double>(open);
      if (stage >= Stage::letters) return all * (all / static_cast<double>(pairs)) * stake;
      return stage == Stage::doubted ? kFirst * all : all;
    }
    bool operator<(const Node& other) const { return promise() < other.promise(); }
  };
  // A rival that the bounds leave open over the current cube.
  struct Contender {
    RivalMargin margin;
    Additive shortfall, excess;            // < 0 everywhere: certainly beaten; certainly ahead
    double worst = 0.0, best = 0.0;        // maxima of shortfall and excess over the cube
    Additive flat_shortfall, flat_excess;  // the same at the box's centre: nothing curved
    double resolution = 0.0;               // their sum at one pair
  };

  // What splitting may still make of a contender: beaten, the winner, cut by the boundary, or too close to
  // tell.
  enum class Prospect { beaten, ahead, cut, unresolvable };

  // A cube that is wrong as a whole, or worth counting.
  enum class Doubt { none, throughout, countable };

  static constexpr int kTries = 3;           // pairs that are all wrong make a cube seem wrong
  static constexpr Count kMany = 1'000'000;  // pairs of a cube that is worth counting before it is split

  struct Groups {
    Digits correct = 0, wrong = 0, unresolvable = 0;
  };

  void push(const Cube& cube, Stage stage);
  Cube root(int digit) const;
  void push_root(const Cube& cube);
  void push_letters(const Cube& root);
  void advance_root(TailBounds& tail, Node& root);
  Doubt doubt_about(TailBounds& tail, const Cube& cube);
  Count count_doubted(TailBounds& tail, const Cube& cube);
  void try_letters(TailBounds& tail, const Node& node);
  std::vector<model::Pair> some_pairs(const Cube& cube, int most) const;
  bool seems_wrong(TailBounds& tail, const Cube& cube, int tries) const;
  bool letters_decide(TailBounds& tail, const Cube& cube);
  void bracket(TailBounds& tail, Node& node);
  const OutputRange& range() { return range_ ? *range_ : range_.emplace(question_); }
  void leaf(const Cube& cube, Count pairs, Verdict verdict);
  Verdict examine(TailBounds& tail, const Cube& cube);
  Verdict examine_rivals(TailBounds& tail, const Cube& cube);
  void measure_resolution(TailBounds& tail, const Cube& cube);
  static Prospect prospect(const Contender& contender, double shortfall, double excess);
  bool at_floor(const Cube& cube) const;
  bool unresolvable(const Cube& cube) const;
  Groups look_ahead(const Cube& cube, Token token);
  void split(TailBounds& tail, const Cube& cube);
  int target_digit(const Cube& cube) const;
  int target_token() const;
  Token most_influential(const Cube& cube);

  const Question& question_;
  const model::Decoder& decoder_;
  Semantics semantics_;
  std::optional<OutputRange> range_;  // from when it is needed to the end of the search
  std::priority_queue<Node> open_;
  bool keep_correct_;
  Cube domain_;
  std::vector<Leaf> leaves_, correct_leaves_;
  Tally tally_;
  std::uint64_t counts_ = 0;  // calls of count_wrong()
  int roots_ = 0, doubted_ = 0;
  using ByDigit = std::array<Count, 10>;
  ByDigit wrong_in_parts() const;
  ByDigit wrong_leaves_{}, wrong_root_{};  // by target digit: in leaves; at least, of the root

  // Scratch of the node under examination.
  Output output_;
  Denominators denominators_;
  std::vector<Contender> contenders_;
  std::size_t contender_count_ = 0;
  std::vector<double> influence_;
  int target_digit_ = 0;
  double stake_ = 1.0;
};

}  // namespace carryscope::verify
