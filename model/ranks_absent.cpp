// ranks.h without MPI: one process.
#include "model/error.h"
#include "model/ranks.h"

namespace carryscope::model {
namespace {

class Alone final : public Ranks {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  void serve(int, const std::function<std::optional<std::uint64_t>()>&,
             const std::function<void(const std::string&)>&, const std::function<bool()>&) override {}
  void work(const std::function<std::string(std::uint64_t)>&) override {
    ensure(false, "one process works for no other");
  }
};

}  // namespace

std::unique_ptr<Ranks> join_ranks() { return std::make_unique<Alone>(); }

}  // namespace carryscope::model
