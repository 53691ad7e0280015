#include "storage/cache_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/crypto/random.h"
#include "base/encoding.h"

namespace sluice::storage {
namespace {

constexpr std::string_view kSumSuffix = ".sum";
constexpr std::string_view kTemporaryPrefix = ".new-";
constexpr const char* kLockName = ".lock";
constexpr size_t kNameLength = 64;
constexpr time_t kLeftOver = 3600;  // seconds: a younger file may still be written

bool IsHex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool IsEntryName(std::string_view name) { return name.size() == kNameLength && IsHex(name); }

Fd OpenAt(int folder, const std::string& name, int flags, mode_t mode = 0) {
  return Fd(::openat(folder, name.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, mode));
}

Fd OpenFolder(const std::string& path) {
  return Fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

std::string SubFolder(const std::string& name) { return name.substr(0, 2); }

Fd OpenSubFolder(const std::string& path, const std::string& name) {
  const Fd root = OpenFolder(path);
  return root.valid() ? OpenAt(root.get(), SubFolder(name), O_RDONLY | O_DIRECTORY) : Fd();
}

bool IsOurs(const struct stat& status) {
  return S_ISREG(status.st_mode) && status.st_uid == ::geteuid();
}

std::string TemporaryName() {
  return fmt::format("{}{}", kTemporaryPrefix, Hex(SecureRandom().Bytes(12)));
}

// Writes a small file under a temporary name. Empty: it failed.
std::string WriteTemporary(int folder, std::string_view bytes) {
  std::string name = TemporaryName();
  const Fd file = OpenAt(folder, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (!file.valid()) return {};
  if (::write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size())) {
    return name;
  }
  ::unlinkat(folder, name.c_str(), 0);
  return {};
}

struct CloseDir {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

// The names in an open folder; nothing: it cannot be read.
std::optional<std::vector<std::string>> NamesIn(const Fd& folder) {
  // Reading moves a descriptor's place: this one is for that alone.
  Fd reading = OpenAt(folder.get(), ".", O_RDONLY | O_DIRECTORY);
  if (!reading.valid()) return std::nullopt;
  const std::unique_ptr<DIR, CloseDir> dir(::fdopendir(reading.get()));
  if (dir == nullptr) return std::nullopt;
  (void)reading.Release();
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(dir.get())) names.emplace_back(entry->d_name);
  return names;
}

struct Kept {
  timespec used;
  uint64_t bytes;
  std::string name;
};

// Removes `name` if nobody has written to it for a while.
void RemoveLeftOver(int folder, const std::string& name) {
  struct stat status = {};
  if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return;
  if (IsOurs(status) && status.st_mtim.tv_sec + kLeftOver < ::time(nullptr)) {
    ::unlinkat(folder, name.c_str(), 0);
  }
}

void RemoveEntry(int folder, const std::string& name) {
  ::unlinkat(folder, name.c_str(), 0);
  ::unlinkat(folder, (name + std::string(kSumSuffix)).c_str(), 0);
}

// Adds the entries of one sub-folder, and clears it of what crashes have left there.
void ScanSubFolder(const Fd& root, const std::string& sub, std::vector<Kept>& kept) {
  const Fd folder = OpenAt(root.get(), sub, O_RDONLY | O_DIRECTORY);
  if (!folder.valid()) return;
  std::unordered_set<std::string> entries;
  std::vector<std::string> sums;
  auto names = NamesIn(folder);
  if (!names.has_value()) return;
  for (std::string& name : *names) {
    const std::string_view view = name;
    if (IsEntryName(view)) {
      struct stat status = {};
      if (::fstatat(folder.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
      if (!IsOurs(status)) continue;
      kept.push_back({status.st_atim, CacheFootprint(static_cast<uint64_t>(status.st_size)), name});
      entries.insert(std::move(name));
    } else if (view.ends_with(kSumSuffix) && IsEntryName(view.substr(0, kNameLength))) {
      sums.push_back(name.substr(0, kNameLength));
    } else if (view.starts_with(kTemporaryPrefix)) {
      RemoveLeftOver(folder.get(), name);
    }
  }
  for (const std::string& name : sums) {
    if (!entries.contains(name)) RemoveLeftOver(folder.get(), name + std::string(kSumSuffix));
  }
}

bool Earlier(const timespec& a, const timespec& b) {
  return std::pair(a.tv_sec, a.tv_nsec) < std::pair(b.tv_sec, b.tv_nsec);
}

}  // namespace

NewCacheEntry::~NewCacheEntry() {
  if (!temporary_.empty()) ::unlinkat(folder_.get(), temporary_.c_str(), 0);
}

Result<Fd> NewCacheEntry::Finish(const crypto::Digest& sum) {
  const std::string sum_file = WriteTemporary(folder_.get(), crypto::View(sum));
  if (sum_file.empty()) return Fail(Code::kUnavailable, "the disk cache failed", name_);
  const std::string sum_name = name_ + std::string(kSumSuffix);
  if (::renameat(folder_.get(), sum_file.c_str(), folder_.get(), sum_name.c_str()) != 0) {
    const int failure = errno;
    ::unlinkat(folder_.get(), sum_file.c_str(), 0);
    return SystemError(failure, name_);
  }
  if (::renameat(folder_.get(), temporary_.c_str(), folder_.get(), name_.c_str()) != 0) {
    return SystemError(errno, name_);
  }
  temporary_.clear();
  return std::move(fd_);
}

CacheFolder::CacheFolder(std::string path) : path_(std::move(path)) {
  while (path_.size() > 1 && path_.ends_with('/')) path_.pop_back();
}

Status CacheFolder::Make() const {
  std::error_code failed;
  const std::filesystem::path path(path_);
  std::filesystem::create_directories(path.parent_path(), failed);
  if (::mkdir(path_.c_str(), 0700) != 0 && errno != EEXIST) {
    return Fail(Code::kInvalidArgument, "the folder of the disk cache cannot be made",
                fmt::format("{}: {}", path_, std::generic_category().message(errno)));
  }
  const Fd folder = OpenFolder(path_);
  struct stat status = {};
  if (!folder.valid() || ::fstat(folder.get(), &status) != 0) {
    return Fail(Code::kInvalidArgument, "the folder of the disk cache cannot be opened",
                fmt::format("{}: {}", path_, std::generic_category().message(errno)));
  }
  if (status.st_uid != ::geteuid() || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return Fail(Code::kInvalidArgument,
                "the folder of the disk cache must belong to the server's user, and nobody else "
                "may write to it",
                path_);
  }
  return {};
}

std::optional<CacheEntry> CacheFolder::Open(const std::string& name) const {
  const Fd folder = OpenSubFolder(path_, name);
  if (!folder.valid()) return std::nullopt;
  CacheEntry entry;
  entry.fd = OpenAt(folder.get(), name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOATIME);
  if (!entry.fd.valid() || ::fstat(entry.fd.get(), &entry.status) != 0) return std::nullopt;
  if (!IsOurs(entry.status)) return std::nullopt;
  // The time of the last use is ours to tell, whatever the file system is mounted with; not on each
  // use, for it is a write.
  constexpr time_t kCoarse = 60;
  if (entry.status.st_atim.tv_sec + kCoarse < ::time(nullptr)) {
    const timespec times[2] = {{0, UTIME_NOW}, {0, UTIME_OMIT}};
    ::futimens(entry.fd.get(), times);
  }
  return entry;
}

std::optional<crypto::Digest> CacheFolder::Sum(const std::string& name) const {
  const Fd folder = OpenSubFolder(path_, name);
  if (!folder.valid()) return std::nullopt;
  const Fd file =
      OpenAt(folder.get(), name + std::string(kSumSuffix), O_RDONLY | O_NONBLOCK | O_NOCTTY);
  crypto::Digest sum;
  const bool whole = file.valid() &&
                     ::read(file.get(), sum.data(), sum.size()) == static_cast<ssize_t>(sum.size());
  return whole ? std::optional(sum) : std::nullopt;
}

void CacheFolder::Remove(const std::string& name) const {
  const Fd folder = OpenSubFolder(path_, name);
  if (folder.valid()) RemoveEntry(folder.get(), name);
}

Result<NewCacheEntry> CacheFolder::Begin(const std::string& name) const {
  Fd root = OpenFolder(path_);
  if (!root.valid()) {
    TRY(Make());
    root = OpenFolder(path_);
  }
  if (!root.valid()) return SystemError(errno, path_);
  const std::string sub = SubFolder(name);
  Fd folder = OpenAt(root.get(), sub, O_RDONLY | O_DIRECTORY);
  if (!folder.valid() && errno == ENOENT) {
    if (::mkdirat(root.get(), sub.c_str(), 0700) != 0 && errno != EEXIST) {
      return SystemError(errno, path_);
    }
    folder = OpenAt(root.get(), sub, O_RDONLY | O_DIRECTORY);
  }
  if (!folder.valid()) return SystemError(errno, path_);
  std::string temporary = TemporaryName();
  Fd file = OpenAt(folder.get(), temporary, O_RDWR | O_CREAT | O_EXCL, 0600);
  if (!file.valid()) return SystemError(errno, path_);
  return NewCacheEntry(std::move(folder), std::move(file), std::move(temporary), name);
}

std::optional<uint64_t> CacheFolder::Trim(uint64_t limit, uint64_t keep) const {
  const Fd root = OpenFolder(path_);
  if (!root.valid()) return std::nullopt;
  const Fd lock = OpenAt(root.get(), kLockName, O_RDWR | O_CREAT, 0600);
  if (!lock.valid() || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return std::nullopt;
  const auto names = NamesIn(root);
  if (!names.has_value()) return std::nullopt;
  std::vector<Kept> kept;
  for (const std::string& name : *names) {
    if (name.size() == 2 && IsHex(name)) ScanSubFolder(root, name, kept);
  }
  uint64_t bytes = 0;
  for (const Kept& entry : kept) bytes += entry.bytes;
  if (bytes <= limit) return bytes;
  std::sort(kept.begin(), kept.end(),
            [](const Kept& a, const Kept& b) { return Earlier(a.used, b.used); });
  for (const Kept& entry : kept) {
    if (bytes <= keep) break;
    const Fd folder = OpenAt(root.get(), SubFolder(entry.name), O_RDONLY | O_DIRECTORY);
    if (folder.valid()) RemoveEntry(folder.get(), entry.name);
    bytes -= entry.bytes;
  }
  return bytes;
}

uint64_t CacheFootprint(uint64_t size) {
  constexpr uint64_t kBlock = 4096;
  return (size + kBlock - 1) / kBlock * kBlock + kBlock;
}

}  // namespace sluice::storage
