// storage/local/beneath.h -- opening files of a folder without ever leaving it.
//
// The kernel does the checking (openat2, Linux 5.6): no race between check and use. Where a sandbox
// forbids that call, the path is walked segment by segment without following symbolic links.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::storage {

// A file descriptor that closes itself.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd();
  Fd(Fd&& other) noexcept : fd_(other.Release()) {}
  Fd& operator=(Fd&& other) noexcept;
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int Release();

 private:
  int fd_ = -1;
};

enum class Symlinks {
  kInside,  // followed as long as they stay in the folder
  kNone,    // refused
};

// Opens the folder of a store. Errors: kNotFound, kPermissionDenied, kUnavailable
Result<Fd> OpenRoot(const std::string& root);

// Opens `key` below `root` with the flags of open(2); close-on-exec is added. `key` must have
// passed CheckKey. Errors: kNotFound          nothing there
//                          kPermissionDenied  the system refuses, or the path leads out of the root
//                          kUnavailable       anything else
Result<Fd> OpenBeneath(int root, const std::string& key, int flags,
                       Symlinks symlinks = Symlinks::kInside);
// The same without openat2; symbolic links are always refused.
Result<Fd> WalkBeneath(int root, const std::string& key, int flags);

// The failure of a system call on `what`, by errno's value `number`. The message names no path.
std::unexpected<Error> SystemError(int number, std::string_view what);

}  // namespace sluice::storage
