// Members of a population against a trainer that only counts: who leaves when, who throws, what is passed on.
#include "train/population.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "model/config.h"
#include "model/error.h"
#include "train/initialise.h"

namespace carryscope::train {
namespace {

// Losses are 100 step + member.
class Counting final : public Trainer {
 public:
  Counting(int population, std::int64_t breaks_at) : breaks_at_(breaks_at) {
    for (int i = 0; i < population; ++i) {
      MemberState member;
      member.parameters = initialise(model::preset("311"), static_cast<std::uint64_t>(i));
      member.first = member.second = member.parameters.tensors;
      for (auto& tensor : member.second) std::fill(tensor.values.begin(), tensor.values.end(), 0.0);
      state_.members.push_back(member);
    }
  }

  std::vector<double> step() override {
    if (state_.step == breaks_at_) throw std::runtime_error("the device is gone");
    std::vector<double> losses;
    for (int i = 0; i < population(); ++i) losses.push_back(100.0 * static_cast<double>(state_.step) + i);
    ++state_.step;
    return losses;
  }
  std::int64_t steps_done() const override { return state_.step; }
  int population() const override { return static_cast<int>(state_.members.size()); }
  model::Factored model(int i) const override {
    return state_.members[static_cast<std::size_t>(i)].parameters;
  }
  Curriculum& curriculum(int) override { model::report_broken("not asked for"); }
  State state() const override { return state_; }
  void restore(const State& state, const std::string&) override { state_ = state; }

 private:
  State state_;
  std::int64_t breaks_at_;
};

std::unique_ptr<Trainer> counting(int population, std::int64_t breaks_at = -1) {
  return std::make_unique<Counting>(population, breaks_at);
}

TEST(Population, StepsAreForAllWhoAreThere) {
  const std::vector<int> stay = {3, 0, 7, 7};
  std::vector<std::vector<double>> losses(stay.size());
  train_together(counting(4), [&](int member, Trainer& trainer) {
    EXPECT_EQ(trainer.population(), 1);
    const auto i = static_cast<std::size_t>(member);
    for (int k = 0; k < stay[i]; ++k) {
      EXPECT_EQ(trainer.steps_done(), k);
      losses[i].push_back(trainer.step().at(0));
    }
  });
  for (std::size_t i = 0; i < stay.size(); ++i) {
    ASSERT_EQ(losses[i].size(), static_cast<std::size_t>(stay[i]));
    for (std::size_t k = 0; k < losses[i].size(); ++k)
      EXPECT_EQ(losses[i][k], 100.0 * static_cast<double>(k) + static_cast<double>(i));
  }
}

TEST(Population, AMemberSavesAndRestoresItselfOnly) {
  train_together(counting(3), [](int member, Trainer& trainer) {
    State own = trainer.state();
    ASSERT_EQ(own.members.size(), 1u);
    own.step = 50;
    own.members[0].first[0].values[0] = member;
    trainer.restore(own, "here");
    trainer.step();
    EXPECT_EQ(trainer.steps_done(), 51);
    EXPECT_EQ(trainer.state().members[0].first[0].values[0], member);
    own.members.push_back(own.members[0]);
    EXPECT_THROW(trainer.restore(own, "here"), model::InputError);
  });
}

TEST(Population, WhoThrowsLeavesAndTheOthersGoOn) {
  int others = 0;
  const auto work = [&](int member, Trainer& trainer) {
    for (int k = 0; k < 5; ++k) {
      if (member == 1 && k == 2) throw std::runtime_error("the disk is full");
      trainer.step();
      others += member != 1;
    }
  };
  EXPECT_THROW(train_together(counting(3), work), std::runtime_error);
  EXPECT_EQ(others, 10);
}

TEST(Population, ABrokenStepEndsAll) {
  int steps = 0;
  EXPECT_THROW(train_together(counting(3, 4),
                              [&](int, Trainer& trainer) {
                                for (;; ++steps) trainer.step();
                              }),
               std::runtime_error);
  EXPECT_EQ(steps, 12);
}

}  // namespace
}  // namespace carryscope::train
