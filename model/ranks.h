// Ranks: numbered units of work shared by the processes that mpirun started, rank 0 handing them out.
//
// A worker asks for a unit when it is free, so quick ones do more. Rank 0 alone knows what there is to do and
// keeps what comes back; mpirun ends all processes where one dies, and what rank 0 has written down by then
// is what is left. Built without MPI, or started without mpirun, there is one process.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace carryscope::model {

class Ranks {
 public:
  virtual ~Ranks() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;

  // Rank 0, on the thread that joined: hands out what next() gives, and passes each unit's result, no empty
  // text, to finish(), until next() gives nothing and every worker knows, or until stopped() says that nobody
  // is to be waited for. Each other rank has so many workers. Throws InputError with the rank and its
  // complaint where one failed.
  virtual void serve(int workers, const std::function<std::optional<std::uint64_t>()>& next,
                     const std::function<void(const std::string& result)>& finish,
                     const std::function<bool()>& stopped) = 0;

  // A worker of another rank, on any thread: works on units until there are none. What `unit` throws is told
  // to rank 0, and ends this.
  virtual void work(const std::function<std::string(std::uint64_t)>& unit) = 0;
};

// Joins the others, if mpirun started this process and MPI is built in. Once in a program.
std::unique_ptr<Ranks> join_ranks();

}  // namespace carryscope::model
