// The baton of population.h is a mutex.
#include "train/population.h"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

namespace carryscope::train {
namespace {

class Population {
 public:
  explicit Population(std::unique_ptr<Trainer> shared)
      : shared_(std::move(shared)), present_(shared_->population()) {}

  void operator()(const MemberWork& work) {
    std::vector<std::thread> others;
    for (int i = 1; i < shared_->population(); ++i) others.emplace_back([&, i] { attend(i, work); });
    attend(0, work);
    for (std::thread& other : others) other.join();
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  using Baton = std::unique_lock<std::mutex>;

  class Member final : public Trainer {
   public:
    Member(Population& population, int index, Baton& baton)
        : population_(population), shared_(*population.shared_), index_(index), baton_(baton) {}

    std::vector<double> step() override {
      population_.await_step(baton_);
      return {population_.losses_[static_cast<std::size_t>(index_)]};
    }
    std::int64_t steps_done() const override { return shared_.steps_done(); }
    int population() const override { return 1; }
    model::Factored model(int) const override { return shared_.model(index_); }
    Curriculum& curriculum(int) override { return shared_.curriculum(index_); }
    State state() const override {
      const State all = shared_.state();
      return {all.step, {all.members[static_cast<std::size_t>(index_)]}};
    }
    void restore(const State& given, const std::string& where) override {
      const State own = accepted(given, model(0).config, 1, where);
      State all = shared_.state();
      all.step = own.step;
      all.members[static_cast<std::size_t>(index_)] = own.members[0];
      shared_.restore(all, where);
    }

   private:
    Population& population_;
    Trainer& shared_;
    int index_;
    Baton& baton_;
  };

  void attend(int index, const MemberWork& work) {
    Baton baton(mutex_);
    try {
      Member member(*this, index, baton);
      work(index, member);
    } catch (...) {
      if (!failure_) failure_ = std::current_exception();
    }
    --present_;
    if (present_ > 0 && waiting_ == present_) step_all();
  }

  void await_step(Baton& baton) {
    const std::int64_t before = steps_;
    if (++waiting_ == present_)
      step_all();
    else
      stepped_.wait(baton, [&] { return steps_ != before; });
    if (broken_) std::rethrow_exception(broken_);
  }

  void step_all() {
    try {
      losses_ = shared_->step();
    } catch (...) {
      broken_ = std::current_exception();
    }
    ++steps_, waiting_ = 0;
    stepped_.notify_all();
  }

  std::unique_ptr<Trainer> shared_;
  std::mutex mutex_;
  std::condition_variable stepped_;
  int present_, waiting_ = 0;
  std::int64_t steps_ = 0;
  std::vector<double> losses_;  // of the last step, by member
  std::exception_ptr failure_, broken_;
};

}  // namespace

void train_together(std::unique_ptr<Trainer> shared, const MemberWork& work) {
  Population(std::move(shared))(work);
}

}  // namespace carryscope::train
