#include "storage/local/beneath.h"
#include "storage/object_store.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace sluice::storage {
namespace {

constexpr int kMode = 0644;  // of files that are created

// Calls `open` again when a signal interrupted it.
template <class Open>
int Retry(const Open& open) {
  int fd = -1;
  do {
    fd = open();
  } while (fd < 0 && errno == EINTR);
  return fd;
}

}  // namespace

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

Fd& Fd::operator=(Fd&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

int Fd::Release() { return std::exchange(fd_, -1); }

std::unexpected<Error> SystemError(int number, std::string_view what) {
  std::string detail =
      std::string(what) + ": " + std::error_code(number, std::system_category()).message();
  switch (number) {
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case ENXIO:  // a socket
    case ENAMETOOLONG:
      return Fail(Code::kNotFound, "a file of the table does not exist", std::move(detail));
    case EXDEV:
    case ELOOP:
      return Fail(Code::kPermissionDenied, "a file of the table lies outside of the table's folder",
                  std::move(detail));
    case EACCES:
    case EPERM:
      return Fail(Code::kPermissionDenied, "the storage refuses access to a file of the table",
                  std::move(detail));
    default: return Fail(Code::kUnavailable, "the storage of the table failed", std::move(detail));
  }
}

Result<Fd> OpenRoot(const std::string& root) {
  Fd fd(Retry([&] { return ::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC); }));
  if (!fd.valid()) return SystemError(errno, root);
  return fd;
}

Result<Fd> WalkBeneath(int root, const std::string& key, int flags) {
  Fd folder;
  size_t begin = 0;
  for (size_t end = key.find('/'); end != std::string::npos; end = key.find('/', begin)) {
    const std::string segment = key.substr(begin, end - begin);
    const int parent = folder.valid() ? folder.get() : root;
    Fd next(Retry([&] {
      return ::openat(parent, segment.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    }));
    if (!next.valid()) return SystemError(errno, key);
    folder = std::move(next);
    begin = end + 1;
  }
  const int parent = folder.valid() ? folder.get() : root;
  Fd file(Retry([&] {
    return ::openat(parent, key.c_str() + begin, flags | O_NOFOLLOW | O_CLOEXEC, kMode);
  }));
  if (!file.valid()) return SystemError(errno, key);
  return file;
}

Result<Fd> OpenBeneath(int root, const std::string& key, int flags, Symlinks symlinks) {
  struct open_how how = {};
  how.flags = static_cast<uint64_t>(flags | O_CLOEXEC);
  how.mode = (flags & O_CREAT) != 0 ? kMode : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  if (symlinks == Symlinks::kNone) how.resolve |= RESOLVE_NO_SYMLINKS;
  constexpr int kAttempts = 64;  // the kernel gives up with EAGAIN when the tree is being renamed
  int fd = -1;
  for (int i = 0; i < kAttempts; ++i) {
    fd = static_cast<int>(::syscall(SYS_openat2, root, key.c_str(), &how, sizeof how));
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) break;
  }
  if (fd >= 0) return Fd(fd);
  // EPERM: how some sandboxes answer a call they do not know.
  if (errno == ENOSYS || errno == EPERM) return WalkBeneath(root, key, flags);
  return SystemError(errno, key);
}

}  // namespace sluice::storage
