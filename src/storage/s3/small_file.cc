#include "storage/s3/small_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/crypto/crypto.h"
#include "storage/local/beneath.h"
#include "storage/s3/credential_place.h"

namespace sluice::storage {
namespace {

std::unexpected<Error> Unreadable(std::string_view what, const std::string& path, int number) {
  return NoCredentials(
      Code::kPermissionDenied, fmt::format("{} cannot be read", what),
      fmt::format("{}: {}", path, std::error_code(number, std::system_category()).message()));
}

}  // namespace

Result<std::optional<std::string>> ReadSmallFile(const std::string& path, std::string_view what) {
  // Not blocking: a pipe without a writer is empty rather than a wait without end.
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    return Unreadable(what, path, errno);
  }
  // One allocation: no copies of secrets stay behind.
  std::string bytes(kMaxCredentialFile.value + 1, '\0');
  size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t n = ::read(file.get(), bytes.data() + size, bytes.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Unreadable(what, path, errno);
    if (n == 0) break;
    size += static_cast<size_t>(n);
  }
  if (size > kMaxCredentialFile.value) {
    crypto::Wipe(bytes);
    return NoCredentials(Code::kPermissionDenied, fmt::format("{} is larger than a MiB", what),
                         path);
  }
  bytes.resize(size);
  return std::optional<std::string>(std::move(bytes));
}

}  // namespace sluice::storage
