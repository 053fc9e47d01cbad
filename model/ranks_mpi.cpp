// ranks.h over MPI. A worker's message is its result, empty at first; the answer is the next unit's number.
#include <mpi.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "model/error.h"
#include "model/ranks.h"

namespace carryscope::model {
namespace {

constexpr int kResult = 1, kComplaint = 2, kUnit = 3;
constexpr std::uint64_t kNoMore = UINT64_MAX;
constexpr auto kPause = std::chrono::microseconds(50);  // between looks for messages

// What Open MPI's, MPICH's and Slurm's launchers tell the processes they start.
bool launched() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK"})
    if (std::getenv(name) != nullptr) return true;
  return false;
}

struct Message {
  int rank = 0, tag = 0;
  std::string text;
};

std::optional<Message> receive() {
  int there = 0;
  MPI_Status status;
  MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &there, &status);
  if (!there) return std::nullopt;
  int length = 0;
  MPI_Get_count(&status, MPI_CHAR, &length);
  Message message{status.MPI_SOURCE, status.MPI_TAG, std::string(static_cast<std::size_t>(length), '\0')};
  MPI_Recv(message.text.data(), length, MPI_CHAR, message.rank, message.tag, MPI_COMM_WORLD,
           MPI_STATUS_IGNORE);
  return message;
}

void send(int tag, const std::string& text) {
  MPI_Send(text.data(), static_cast<int>(text.size()), MPI_CHAR, 0, tag, MPI_COMM_WORLD);
}

class MpiRanks final : public Ranks {
 public:
  MpiRanks() {
    if (!launched()) return;
    int provided = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
    joined_ = true;
    orderly_ = size_ == 1;
  }
  // Finalising waits for all, so not where one may be dead or was not told to end; mpirun then ends them.
  ~MpiRanks() override {
    if (joined_ && orderly_) MPI_Finalize();
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  void serve(int workers, const std::function<std::optional<std::uint64_t>()>& next,
             const std::function<void(const std::string&)>& finish,
             const std::function<bool()>& stopped) override {
    std::string complaint;
    for (int left = (size_ - 1) * workers; left > 0;) {
      if (stopped()) return;
      const auto message = receive();
      if (!message) {
        std::this_thread::sleep_for(kPause);
        continue;
      }
      if (message->tag == kComplaint) {
        complaint = fmt::format("rank {} of {}: {}", message->rank, size_, message->text);
        --left;
        continue;
      }
      if (!message->text.empty()) finish(message->text);
      const auto unit = complaint.empty() ? next() : std::nullopt;
      const std::uint64_t answer = unit.value_or(kNoMore);
      MPI_Send(&answer, 1, MPI_UINT64_T, message->rank, kUnit, MPI_COMM_WORLD);
      if (!unit) --left;
    }
    orderly_ = true;
    if (!complaint.empty()) throw InputError(complaint);
  }

  void work(const std::function<std::string(std::uint64_t)>& unit) override {
    std::string result;
    try {
      for (auto number = ask(result); number != kNoMore; number = ask(result)) result = unit(number);
    } catch (const std::exception& error) {
      const std::lock_guard lock(mutex_);
      send(kComplaint, error.what());
    }
    orderly_ = true;
  }

 private:
  std::uint64_t ask(const std::string& result) {
    const std::lock_guard lock(mutex_);
    send(kResult, result);
    std::uint64_t number = kNoMore;
    MPI_Recv(&number, 1, MPI_UINT64_T, 0, kUnit, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    return number;
  }

  int rank_ = 0, size_ = 1;
  bool joined_ = false;
  std::atomic<bool> orderly_ = true;  // every worker was told that there is no more
  std::mutex mutex_;                  // one conversation at a time
};

}  // namespace

std::unique_ptr<Ranks> join_ranks() { return std::make_unique<MpiRanks>(); }

}  // namespace carryscope::model
