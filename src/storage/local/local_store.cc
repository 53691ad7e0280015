#include "storage/local/local_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/compile.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "storage/local/beneath.h"
#include "storage/local/put_file.h"

namespace sluice::storage {
namespace {

ObjectInfo InfoOf(std::string key, const struct stat& status) {
  const int64_t seconds = status.st_mtim.tv_sec;
  const int64_t nanos = status.st_mtim.tv_nsec;
  ObjectInfo info;
  info.key = std::move(key);
  info.size = {static_cast<uint64_t>(status.st_size)};
  info.modified = FromUnixMillis(seconds * 1000 + nanos / 1'000'000);
  // The time of the last change of state as well: a copy may bear the times of its original, and
  // get the number of a file that was deleted.
  info.tag =
      fmt::format(FMT_COMPILE("{:x}:{:x}:{:x}.{:x}:{:x}.{:x}"), status.st_ino, status.st_size,
                  seconds, nanos, status.st_ctim.tv_sec, status.st_ctim.tv_nsec);
  return info;
}

// The information of an open regular file; anything else is no object.
Result<ObjectInfo> Inspect(const Fd& file, std::string_view key) {
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0) return SystemError(errno, key);
  if (!S_ISREG(status.st_mode)) return SystemError(ENOENT, key);
  return InfoOf(std::string(key), status);
}

// O_NONBLOCK: opening a pipe that nobody writes to must not wait. It means nothing to a file.
constexpr int kRead = O_RDONLY | O_NONBLOCK | O_NOCTTY;
constexpr int kLook = O_PATH;

struct Opened {
  Fd fd;
  ObjectInfo info;
};

Result<Opened> Look(Result<Fd> opened, std::string_view key) {
  Fd file = TRY(std::move(opened));
  ObjectInfo info = TRY(Inspect(file, key));
  return Opened{std::move(file), std::move(info)};
}

// Fills `out` from `offset`; stops early at the end of the file. Returns the bytes read.
Result<size_t> ReadAt(int fd, char* out, size_t length, uint64_t offset, std::string_view key) {
  size_t done = 0;
  while (done < length) {
    const ssize_t got = ::pread(fd, out + done, length - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError(errno, key);
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

Result<std::string> ReadWhole(const Opened& file, ByteCount limit) {
  if (file.info.size > limit) {
    return Fail(Code::kResourceExhausted, "a file of the table is larger than this server reads",
                fmt::format("{} has {}", file.info.key, HumanBytes(file.info.size)));
  }
  std::string bytes(file.info.size.value, '\0');
  const size_t got = TRY(ReadAt(file.fd.get(), bytes.data(), bytes.size(), 0, file.info.key));
  bytes.resize(got);
  return bytes;
}

// The object in the state that was listed.
Result<Opened> LookAtListed(Result<Fd> opened, const ObjectInfo& object) {
  Opened file = TRY(Look(std::move(opened), object.key));
  if (file.info.tag == object.tag) return file;
  return Fail(Code::kNotFound, "a file of the table was replaced", object.key);
}

struct CloseDir {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

// Adds the file `name` of an open folder to `found`, unless it is none.
Status AddEntry(const Fd& root, DIR* dir, const std::string& key, const dirent& entry,
                std::vector<ObjectInfo>& found) {
  struct stat status = {};
  if (entry.d_type == DT_REG || entry.d_type == DT_UNKNOWN) {
    const int folder = ::dirfd(dir);
    if (folder < 0 || ::fstatat(folder, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) return {};  // gone since the folder was read
      return SystemError(errno, key);
    }
    if (S_ISREG(status.st_mode)) found.push_back(InfoOf(key, status));
    if (!S_ISLNK(status.st_mode)) return {};
  } else if (entry.d_type != DT_LNK) {
    return {};
  }
  // A link: what it leads to, if that is a file inside.
  const Result<Fd> target = OpenBeneath(root.get(), key, kLook);
  if (!target.has_value()) return {};
  Result<ObjectInfo> info = Inspect(*target, key);
  if (info.has_value()) found.push_back(*std::move(info));
  return {};
}

}  // namespace

LocalStore::LocalStore(std::string bound, std::string beneath)
    : root_(beneath.empty() ? bound : bound + '/' + beneath),
      bound_(std::move(bound)),
      beneath_(std::move(beneath)) {}

Result<Fd> LocalStore::OpenFolder() const {
  if (bound_.empty()) return OpenRoot(root_);
  Fd bound = TRY(OpenRoot(bound_));
  if (beneath_.empty()) return bound;
  return OpenBeneath(bound.get(), beneath_, O_PATH | O_DIRECTORY);
}

Result<Fd> LocalStore::OpenFile(std::string_view key, int flags) const {
  TRY(CheckKey(key));
  std::string path(key);
  if (!beneath_.empty()) {
    // In one step, which is the same where no link is on the way. Where one is, the folder is the
    // bound that it must not lead out of.
    const Fd bound = TRY(OpenRoot(bound_));
    Result<Fd> file = OpenBeneath(bound.get(), beneath_ + '/' + path, flags, Symlinks::kNone);
    if (file.has_value() || file.error().code != Code::kPermissionDenied) return file;
  }
  const Fd folder = TRY(OpenFolder());
  return OpenBeneath(folder.get(), path, flags);
}

Result<std::vector<ObjectInfo>> LocalStore::List(std::string_view folder,
                                                 std::string_view from) const {
  while (folder.ends_with('/')) folder.remove_suffix(1);
  if (!folder.empty()) TRY(CheckKey(folder));
  std::vector<ObjectInfo> found;
  const Result<Fd> root = OpenFolder();
  if (!root.has_value() && root.error().code == Code::kNotFound) return found;
  if (!root.has_value()) return std::unexpected(root.error());
  const Result<Fd> opened =
      OpenBeneath(root->get(), folder.empty() ? "." : std::string(folder), kLook);
  if (!opened.has_value() && opened.error().code == Code::kNotFound) return found;
  if (!opened.has_value()) return std::unexpected(opened.error());
  // The descriptor above names the folder only; this one reads it.
  Fd reading(::openat(opened->get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!reading.valid() && errno == ENOTDIR) return found;
  if (!reading.valid()) return SystemError(errno, folder);
  const std::unique_ptr<DIR, CloseDir> dir(::fdopendir(reading.get()));
  if (dir == nullptr) return SystemError(errno, folder);
  (void)reading.Release();

  const std::string prefix = folder.empty() ? std::string() : std::string(folder) + '/';
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(dir.get());
    if (entry == nullptr) break;
    const std::string key = prefix + entry->d_name;
    if (key < from || IsTemporary(entry->d_name)) continue;
    TRY(AddEntry(*root, dir.get(), key, *entry, found));
  }
  if (errno != 0) return SystemError(errno, folder);
  std::sort(found.begin(), found.end(),
            [](const ObjectInfo& a, const ObjectInfo& b) { return a.key < b.key; });
  return found;
}

Result<ObjectInfo> LocalStore::Head(std::string_view key) const {
  return TRY(Look(OpenFile(key, kLook), key)).info;
}

Result<std::string> LocalStore::Read(std::string_view key, ByteCount limit) const {
  return ReadWhole(TRY(Look(OpenFile(key, kRead), key)), limit);
}

Result<std::string> LocalStore::ReadListed(const ObjectInfo& object, ByteCount limit) const {
  return ReadWhole(TRY(LookAtListed(OpenFile(object.key, kRead), object)), limit);
}

Result<std::string> LocalStore::ReadRange(std::string_view key, Range range) const {
  const Opened file = TRY(Look(OpenFile(key, kRead), key));
  const uint64_t size = file.info.size.value;
  const auto beyond = [&] {
    return Fail(Code::kInvalidArgument, "the range ends behind the file",
                fmt::format("{}: {}+{} of {}", key, range.offset, range.length, size));
  };
  if (range.offset > size || range.length > size - range.offset) return beyond();
  std::string bytes(range.length, '\0');
  const size_t got = TRY(ReadAt(file.fd.get(), bytes.data(), bytes.size(), range.offset, key));
  if (got != bytes.size()) return beyond();
  return bytes;
}

Status LocalStore::PutIfAbsent(std::string_view key, std::string_view bytes) const {
  TRY(CheckKey(key));
  if (!bound_.empty()) {
    const Fd bound = TRY(OpenRoot(bound_));
    return PutFile(bound.get(),
                   beneath_.empty() ? std::string(key) : beneath_ + '/' + std::string(key), bytes);
  }
  std::error_code failed;
  std::filesystem::create_directories(root_, failed);
  if (failed) return SystemError(failed.value(), root_);
  const Fd root = TRY(OpenRoot(root_));
  return PutFile(root.get(), std::string(key), bytes);
}

Result<OpenObject> LocalStore::Open(std::string_view key) const {
  Opened file = TRY(Look(OpenFile(key, kRead), key));
  return OpenObject(file.fd.Release(), std::move(file.info));
}

Result<LocalCopy> LocalStore::Fetch(const ObjectInfo& object) const {
  const Opened file = TRY(LookAtListed(OpenFile(object.key, kLook), object));
  const std::string link = fmt::format("/proc/self/fd/{}", file.fd.get());
  std::error_code failed;
  std::filesystem::path target = std::filesystem::read_symlink(link, failed);
  if (failed) return SystemError(failed.value(), object.key);
  return LocalCopy(target.string(), nullptr);
}

}  // namespace sluice::storage
