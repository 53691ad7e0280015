#include "storage/local/put_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>

#include "storage/local/beneath.h"

namespace sluice::storage {
namespace {

constexpr std::string_view kPrefix = ".sluice-tmp-";
constexpr int kFolderMode = 0755;

// Unique among the writers of this machine.
std::string TemporaryName() {
  static std::atomic<uint64_t> counter = 0;
  struct timespec now = {};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return fmt::format("{}{}-{}-{}", kPrefix, ::getpid(), now.tv_sec * 1'000'000'000 + now.tv_nsec,
                     counter.fetch_add(1));
}

Status WriteAll(const Fd& file, std::string_view bytes, std::string_view what) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return SystemError(errno, what);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  if (::fsync(file.get()) != 0) return SystemError(errno, what);
  return {};
}

Status Flush(int folder, std::string_view what) {
  const Fd reading(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!reading.valid() || ::fsync(reading.get()) != 0) return SystemError(errno, what);
  return {};
}

// Opens the folder of `key`, making what is missing.
Result<Fd> OpenFolder(int root, const std::string& key) {
  Fd folder = TRY(OpenBeneath(root, ".", O_PATH | O_DIRECTORY));
  for (size_t begin = 0, end = key.find('/'); end != std::string::npos;
       begin = end + 1, end = key.find('/', begin)) {
    const std::string segment = key.substr(begin, end - begin);
    if (::mkdirat(folder.get(), segment.c_str(), kFolderMode) == 0) {
      TRY(Flush(folder.get(), key));
    } else if (errno != EEXIST) {
      return SystemError(errno, key);
    }
    folder = TRY(OpenBeneath(root, key.substr(0, end), O_PATH | O_DIRECTORY));
  }
  return folder;
}

// Gives `temporary` the name `name`, unless that is taken.
Status Publish(int folder, const std::string& temporary, const std::string& name) {
  if (::renameat2(folder, temporary.c_str(), folder, name.c_str(), RENAME_NOREPLACE) == 0)
    return {};
  // Some file systems have no such rename, but links.
  const bool try_link = errno == EINVAL || errno == ENOSYS || errno == EPERM;
  if (try_link && ::linkat(folder, temporary.c_str(), folder, name.c_str(), 0) == 0) return {};
  if (errno == EEXIST) return Fail(Code::kAlreadyExists, "the file is already there", name);
  return SystemError(errno, name);
}

}  // namespace

bool IsTemporary(std::string_view name) { return name.starts_with(kPrefix); }

Status PutFile(int root, const std::string& key, std::string_view bytes) {
  const Fd folder = TRY(OpenFolder(root, key));
  const std::string name = key.substr(key.rfind('/') + 1);
  if (::faccessat(folder.get(), name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
    return Fail(Code::kAlreadyExists, "the file is already there", key);
  }
  const std::string temporary = TemporaryName();
  const Fd file =
      TRY(OpenBeneath(folder.get(), temporary, O_WRONLY | O_CREAT | O_EXCL, Symlinks::kNone));
  Status done = WriteAll(file, bytes, key);
  if (done.has_value()) done = Publish(folder.get(), temporary, name);
  ::unlinkat(folder.get(), temporary.c_str(), 0);
  TRY(std::move(done));
  return Flush(folder.get(), key);
}

}  // namespace sluice::storage
