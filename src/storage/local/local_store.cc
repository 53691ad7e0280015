#include "storage/local/local_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>

namespace sluice::storage {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

std::unexpected<Error> Failure(int error, const std::string& what) {
  const std::string detail = fmt::format("{}: {}", what, std::strerror(error));
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:  // a symbolic link that may not be followed
    case EXDEV:  // a path that leads out of the folder
      return Fail(Code::kNotFound, "no such object", detail);
    case EACCES:
    case EPERM: return Fail(Code::kPermissionDenied, "the store denies access", detail);
    case EEXIST: return Fail(Code::kAlreadyExists, "the object exists already", detail);
    case ENAMETOOLONG:
    case EINVAL: return Fail(Code::kNotFound, "no such object", detail);
    default: return Fail(Code::kUnavailable, "the store failed", detail);
  }
}

Status CheckKey(std::string_view key) {
  bool sound = !key.empty() && key.front() != '/' && key.find('\0') == std::string_view::npos;
  for (size_t start = 0; sound && start <= key.size();) {
    const size_t end = std::min(key.find('/', start), key.size());
    const std::string_view segment = key.substr(start, end - start);
    sound = segment != ".." && segment != ".";
    start = end + 1;
  }
  if (sound) return {};
  return Fail(Code::kNotFound, "no such object", "a key that names no object of the folder");
}

ObjectInfo InfoOf(std::string key, const struct stat& s) {
  const int64_t nanos = int64_t{s.st_mtim.tv_sec} * 1'000'000'000 + s.st_mtim.tv_nsec;
  // Rounded down, as everybody who reads modification times in milliseconds does.
  const auto modified = std::chrono::floor<Millis>(std::chrono::nanoseconds(nanos));
  return {std::move(key),
          {static_cast<uint64_t>(s.st_size)},
          TimePoint(modified),
          fmt::format("{}:{}:{}", s.st_ino, s.st_size, nanos)};
}

// openat2 on kernels that have it; else component by component, following no link at all.
int OpenBeneath(int folder, const std::string& path, int flags) {
  struct open_how how{};
  how.flags = static_cast<uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const long fd = ::syscall(SYS_openat2, folder, path.c_str(), &how, sizeof(how));
  if (fd >= 0 || errno != ENOSYS) return static_cast<int>(fd);
  Descriptor at(::dup(folder));
  size_t start = 0;
  while (at.get() >= 0) {
    const size_t end = path.find('/', start);
    const std::string segment = path.substr(start, end - start);
    const bool last = end == std::string::npos;
    const int step = last ? flags : O_PATH | O_DIRECTORY;
    const int next = ::openat(at.get(), segment.c_str(), step | O_NOFOLLOW | O_CLOEXEC);
    if (last || next < 0) return next;
    at.~Descriptor();
    new (&at) Descriptor(next);
    start = end + 1;
  }
  return -1;
}

Result<Descriptor> OpenRoot(const std::string& root) {
  Descriptor folder(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) return Failure(errno, root);
  return folder;
}

struct OpenFile {
  Descriptor fd;
  ObjectInfo info;
};

Result<OpenFile> OpenKey(const std::string& root, std::string_view key) {
  TRY(CheckKey(key));
  const Descriptor folder = TRY(OpenRoot(root));
  const std::string path(key);
  // O_NONBLOCK: a pipe in the folder must not hold us.
  Descriptor file(OpenBeneath(folder.get(), path, O_RDONLY | O_NONBLOCK));
  if (file.get() < 0) return Failure(errno, root + "/" + path);
  struct stat s{};
  if (::fstat(file.get(), &s) != 0) return Failure(errno, root + "/" + path);
  if (!S_ISREG(s.st_mode)) {
    return Fail(Code::kNotFound, "no such object", root + "/" + path + " is not a regular file");
  }
  return OpenFile{std::move(file), InfoOf(path, s)};
}

Status ReadFully(int fd, uint64_t offset, std::string& out, const std::string& what) {
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t n =
        ::pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Failure(errno, what);
    if (n == 0) return Fail(Code::kUnavailable, "the store failed", what + " became shorter");
    done += static_cast<size_t>(n);
  }
  return {};
}

Status WriteFully(int fd, std::string_view bytes, const std::string& what) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Failure(errno, what);
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

// Removes a file when it goes out of scope.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string path) : path_(std::move(path)) {}
  ~TemporaryFile() { ::unlink(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Status SyncFolder(const std::string& path) {
  const Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || ::fsync(folder.get()) != 0) return Failure(errno, path);
  return {};
}

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

}  // namespace

LocalStore::LocalStore(std::string root) : root_(std::move(root)) {
  while (root_.size() > 1 && root_.back() == '/') root_.pop_back();
}

Result<std::vector<ObjectInfo>> LocalStore::List(std::string_view folder,
                                                 std::string_view from) const {
  std::vector<ObjectInfo> objects;
  const std::string prefix(folder);
  const std::string path = root_ + "/" + prefix;
  const std::unique_ptr<DIR, CloseFolder> handle(::opendir(path.c_str()));
  if (handle == nullptr) {
    if (errno == ENOENT || errno == ENOTDIR) return objects;
    return Failure(errno, path);
  }
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(handle.get());
    if (entry == nullptr) break;
    std::string key = prefix + entry->d_name;
    // Names that begin with a dot are files being written, and not objects yet.
    if (entry->d_name[0] == '.' || key < from) continue;
    struct stat s{};
    if (::fstatat(::dirfd(handle.get()), entry->d_name, &s, 0) != 0) {
      if (errno == ENOENT || errno == ELOOP) continue;  // gone since, or a link to nowhere
      return Failure(errno, path);
    }
    if (S_ISREG(s.st_mode)) objects.push_back(InfoOf(std::move(key), s));
  }
  if (errno != 0) return Failure(errno, path);
  std::ranges::sort(objects, {}, &ObjectInfo::key);
  return objects;
}

Result<ObjectInfo> LocalStore::Head(std::string_view key) const {
  TRY(CheckKey(key));
  const std::string path = root_ + "/" + std::string(key);
  struct stat s{};
  if (::stat(path.c_str(), &s) != 0) return Failure(errno, path);
  if (!S_ISREG(s.st_mode)) {
    return Fail(Code::kNotFound, "no such object", path + " is not a regular file");
  }
  return InfoOf(std::string(key), s);
}

Result<std::string> LocalStore::Read(std::string_view key, ByteCount limit) const {
  const OpenFile file = TRY(OpenKey(root_, key));
  if (file.info.size > limit) {
    return Fail(Code::kResourceExhausted, "the object is too large",
                fmt::format("{}/{} has {}", root_, key, HumanBytes(file.info.size)));
  }
  std::string bytes(file.info.size.value, '\0');
  TRY(ReadFully(file.fd.get(), 0, bytes, root_ + "/" + std::string(key)));
  return bytes;
}

Result<std::string> LocalStore::ReadRange(std::string_view key, Range range) const {
  const OpenFile file = TRY(OpenKey(root_, key));
  const uint64_t size = file.info.size.value;
  if (range.offset > size || range.length > size - range.offset) {
    return Fail(Code::kInvalidArgument, "the range ends behind the object",
                root_ + "/" + std::string(key));
  }
  std::string bytes(range.length, '\0');
  TRY(ReadFully(file.fd.get(), range.offset, bytes, root_ + "/" + std::string(key)));
  return bytes;
}

Status LocalStore::PutIfAbsent(std::string_view key, std::string_view bytes) const {
  TRY(CheckKey(key));
  const std::string path = root_ + "/" + std::string(key);
  const size_t slash = path.rfind('/');
  static std::atomic<uint64_t> counter{0};
  const TemporaryFile temporary(fmt::format("{}/.{}.{}.{}", path.substr(0, slash),
                                            path.substr(slash + 1), ::getpid(), ++counter));
  {
    const Descriptor file(
        ::open(temporary.path().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (file.get() < 0) return Failure(errno, temporary.path());
    TRY(WriteFully(file.get(), bytes, temporary.path()));
    if (::fsync(file.get()) != 0) return Failure(errno, temporary.path());
  }
  // A link fails where the name exists, so that only one writer can win.
  if (::link(temporary.path().c_str(), path.c_str()) != 0) return Failure(errno, path);
  return SyncFolder(path.substr(0, slash));
}

Result<OpenObject> LocalStore::Open(std::string_view key) const {
  OpenFile file = TRY(OpenKey(root_, key));
  return OpenObject(file.fd.Release(), std::move(file.info));
}

Result<std::string> LocalStore::EngineUri(std::string_view key) const {
  TRY(CheckKey(key));
  return root_ + "/" + std::string(key);
}

}  // namespace sluice::storage
