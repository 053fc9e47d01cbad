// POSIX calls, because streams have no fsync.
#include "model/checkpoint/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

#include "model/error.h"

namespace carryscope::model {
namespace {

// Owns the temporary: closed and removed unless it was renamed.
class Temporary {
 public:
  explicit Temporary(const std::string& target) : target_(target) {
    static std::atomic<unsigned> serial{0};
    path_ = fmt::format("{}.tmp-{}-{}", target, ::getpid(), serial++);
    fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd_ < 0) fail("created");
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (fd_ >= 0) ::close(fd_);
    if (!renamed_) ::unlink(path_.c_str());
  }

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ::ssize_t count = ::write(fd_, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail("written");
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  void publish() {
    if (::fsync(fd_) != 0) fail("written");
    const int closed = ::close(fd_);
    fd_ = -1;
    if (closed != 0) fail("written");
    if (::rename(path_.c_str(), target_.c_str()) != 0) fail("put in place");
    renamed_ = true;
  }

 private:
  [[noreturn]] void fail(std::string_view action) const {
    const int code = errno;
    const std::string advice = code == ENOSPC || code == EDQUOT  ? "free some space or write to another disk"
                               : code == EACCES || code == EROFS ? "check the folder's permissions"
                                                                 : "check the path and its folder";
    throw InputError(fmt::format("{}: the file could not be {} ({}), what was there before is unchanged; {}",
                                 target_, action, std::strerror(code), advice));
  }

  std::string target_, path_;
  int fd_ = -1;
  bool renamed_ = false;
};

void sync_folder(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const int fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;  // the file itself is complete; only its name may be lost in a power cut
  ::fsync(fd);
  ::close(fd);
}

}  // namespace

void write_file(const std::string& path, std::string_view bytes) {
  if (std::filesystem::is_directory(path))
    throw InputError(path + ": this is a folder, expected the name of a file to write");
  Temporary temporary(path);
  temporary.write(bytes);
  temporary.publish();
  sync_folder(path);
}

}  // namespace carryscope::model
