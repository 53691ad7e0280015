#include "delta/block_space.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace sluice::delta {
namespace {

std::unexpected<Error> DiskFailed(std::string_view what, int number) {
  return Fail(Code::kUnavailable, "the server has no room for the files of the table",
              fmt::format("{}: {}", what, std::generic_category().message(number)));
}

Result<int> OpenNameless(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0) return fd;
  // Not every file system has files without a name.
  std::string name = folder + "/sluice-blocks-XXXXXX";
  const int named = ::mkostemp(name.data(), O_CLOEXEC);
  if (named < 0) return DiskFailed("a file for blocks in " + folder, errno);
  ::unlink(name.c_str());
  return named;
}

}  // namespace

// Blocks one behind the other.
class SpillFile {
 public:
  explicit SpillFile(int fd) : fd_(fd) {}
  ~SpillFile() { ::close(fd_); }
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  Result<uint64_t> Append(std::string_view bytes) {
    const uint64_t begin = end_.fetch_add(bytes.size());
    for (size_t done = 0; done < bytes.size();) {
      const ssize_t count =
          ::pwrite(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(begin + done));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return DiskFailed("writing blocks", errno);
      done += static_cast<size_t>(count);
    }
    return begin;
  }

  Status Read(uint64_t offset, size_t size, std::string& bytes) const {
    bytes.resize(size);
    for (size_t done = 0; done < size;) {
      const ssize_t count =
          ::pread(fd_, bytes.data() + done, size - done, static_cast<off_t>(offset + done));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return DiskFailed("reading blocks", count < 0 ? errno : EIO);
      done += static_cast<size_t>(count);
    }
    return {};
  }

 private:
  const int fd_;
  std::atomic<uint64_t> end_ = 0;
};

Result<std::string_view> PackedBytes::Read(std::string& buffer) const {
  if (file_ == nullptr) return std::string_view(bytes_);
  TRY(file_->Read(offset_, size_, buffer));
  return std::string_view(buffer);
}

Result<PackedBytes> BlockSpace::Keep(std::string_view packed) {
  PackedBytes bytes;
  bytes.size_ = packed.size();
  const bool fits = kept_.fetch_add(packed.size()) + packed.size() <= limits_.memory.value;
  if (fits || limits_.folder.empty()) {
    bytes.bytes_ = packed;
    return bytes;
  }
  {
    const std::lock_guard lock(mutex_);
    if (file_ == nullptr) file_ = std::make_shared<SpillFile>(TRY(OpenNameless(limits_.folder)));
    bytes.file_ = file_;
  }
  bytes.offset_ = TRY(bytes.file_->Append(packed));
  return bytes;
}

}  // namespace sluice::delta
