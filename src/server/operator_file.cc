#include "server/operator_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace sluice::server {
namespace {

// A descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

std::unexpected<Error> CannotRead(const std::string& path, int error) {
  const Code code = error == EACCES || error == EPERM ? Code::kPermissionDenied : Code::kNotFound;
  return Fail(code, fmt::format("{}: cannot be read: {}", path, std::strerror(error)));
}

}  // namespace

Result<FileText> ReadOperatorFile(const std::string& path, ByteCount limit) {
  const Descriptor file(path);
  if (file.get() < 0) return CannotRead(path, errno);
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) return CannotRead(path, errno);
  FileText text{.bytes = {}, .mode = info.st_mode};
  // Until the end and not st_size bytes: a pipe has no size.
  std::array<char, 65536> part{};
  while (true) {
    const ssize_t count = ::read(file.get(), part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return CannotRead(path, errno);
    if (count == 0) return text;
    text.bytes.append(part.data(), static_cast<size_t>(count));
    if (text.bytes.size() > limit.value) {
      return Fail(Code::kInvalidArgument,
                  fmt::format("{}: is larger than {}", path, HumanBytes(limit)));
    }
  }
}

}  // namespace sluice::server
