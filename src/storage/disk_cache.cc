#include "storage/disk_cache.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <map>
#include <mutex>
#include <vector>

#include "base/crypto/crypto.h"
#include "base/encoding.h"
#include "base/log.h"
#include "storage/cache_folder.h"

namespace sluice::storage {
namespace {

// No object takes more than this part of the cache: it would drive out all the others.
constexpr uint64_t kLargestPart = 4;
// Making room makes some more of it, so that not each write has to.
constexpr uint64_t kSparePart = 8;
// What others write is learned after so much of our own.
constexpr uint64_t kLookPart = 16;
constexpr size_t kChunk = size_t{1} << 20;
constexpr size_t kManyVerified = 10'000;

// Lengths before texts: no two entries have one name.
std::string EntryName(std::string_view identity, const ObjectInfo& object) {
  std::string text;
  for (const std::string_view part :
       {identity, std::string_view(object.key), std::string_view(object.tag)}) {
    text += fmt::format("{}:{},", part.size(), part);
  }
  text += fmt::format("{}", object.size.value);
  return Hex(crypto::View(crypto::Sha256(text)));
}

// A chain of SHA-256, chunk by chunk, begun with the entry's name: an entry that got the name of
// another one is broken.
class Checksum {
 public:
  explicit Checksum(const std::string& name) : sum_(crypto::Sha256(name)), buffer_(kHead, '\0') {}

  // All chunks but the last have kChunk bytes.
  void Add(std::string_view chunk) {
    buffer_.assign(crypto::View(sum_));
    buffer_ += chunk;
    sum_ = crypto::Sha256(buffer_);
  }
  const crypto::Digest& sum() const { return sum_; }

 private:
  static constexpr size_t kHead = sizeof(crypto::Digest);
  crypto::Digest sum_;
  std::string buffer_;
};

crypto::Digest SumOf(const std::string& name, std::string_view bytes) {
  Checksum checksum(name);
  for (; !bytes.empty(); bytes.remove_prefix(std::min(kChunk, bytes.size()))) {
    checksum.Add(bytes.substr(0, kChunk));
  }
  return checksum.sum();
}

// Fills `out` from `offset`. False: the file is shorter, or the disk fails.
bool ReadAt(int fd, uint64_t offset, std::string& out) {
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t got =
        ::pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    done += static_cast<size_t>(got);
  }
  return true;
}

std::optional<crypto::Digest> SumOfFile(const std::string& name, int fd, uint64_t size) {
  Checksum checksum(name);
  std::string chunk;
  for (uint64_t offset = 0; offset < size; offset += chunk.size()) {
    chunk.resize(std::min<uint64_t>(kChunk, size - offset));
    if (!ReadAt(fd, offset, chunk)) return std::nullopt;
    checksum.Add(chunk);
  }
  return checksum.sum();
}

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

bool HasSize(int fd, ByteCount size) {
  struct stat status = {};
  return ::fstat(fd, &status) == 0 && static_cast<uint64_t>(status.st_size) == size.value;
}

// A download that failed does not tell whether the store or the disk did: whether the disk takes
// more does.
bool DiskTakesMore(int fd) {
  const std::string more(64 * 1024, '\0');
  const off_t end = ::lseek(fd, 0, SEEK_END);
  return end >= 0 &&
         ::pwrite(fd, more.data(), more.size(), end) == static_cast<ssize_t>(more.size());
}

LocalCopy CopyOf(Fd fd) {
  // The descriptor keeps the bytes when the entry is evicted, and the path follows it.
  std::string path = fmt::format("/proc/self/fd/{}", fd.get());
  return {std::move(path), std::make_shared<const Fd>(std::move(fd))};
}

// What tells that a file is the one that was verified.
struct Stamp {
  ino_t inode = 0;
  off_t size = 0;
  time_t seconds = 0;
  long nanos = 0;
  bool operator==(const Stamp&) const = default;
};

Stamp StampOf(const struct stat& status) {
  return {status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

}  // namespace

struct DiskCache::State {
  State(std::string path, ByteCount bytes_limit, Metrics& cache_metrics)
      : folder(std::move(path)), limit(bytes_limit.value), metrics(cache_metrics) {}

  bool Fits(ByteCount size) const { return CacheFootprint(size.value) <= limit / kLargestPart; }

  std::optional<CacheEntry> OpenWhole(const std::string& name, ByteCount size);
  bool Verified(const std::string& name, const CacheEntry& entry);
  void Remember(const std::string& name, const struct stat& status);
  void MakeRoom(uint64_t size);
  Result<Fd> Finish(const std::string& name, NewCacheEntry entry, const crypto::Digest& sum);
  void Complain(std::string_view why);

  const CacheFolder folder;
  const uint64_t limit;
  Metrics& metrics;

  std::mutex room_mutex;
  std::optional<uint64_t> bytes;  // as of the last look and our own writes since; nothing: unknown
  uint64_t written = 0;           // since the last look

  std::mutex mutex;  // of what follows
  std::map<std::string, Stamp> verified;
  std::optional<std::chrono::steady_clock::time_point> complained;
};

// An entry of another size is broken, and goes.
std::optional<CacheEntry> DiskCache::State::OpenWhole(const std::string& name, ByteCount size) {
  std::optional<CacheEntry> entry = folder.Open(name);
  if (!entry.has_value()) return std::nullopt;
  if (static_cast<uint64_t>(entry->status.st_size) == size.value) return entry;
  folder.Remove(name);
  return std::nullopt;
}

// Once in a process for a file as it is (inode, size, time): a large checkpoint is not read twice
// for each load. Whoever reads the copy does so a moment later, unverified, in any case.
bool DiskCache::State::Verified(const std::string& name, const CacheEntry& entry) {
  {
    const std::lock_guard lock(mutex);
    const auto known = verified.find(name);
    if (known != verified.end() && known->second == StampOf(entry.status)) return true;
  }
  const auto sum = SumOfFile(name, entry.fd.get(), static_cast<uint64_t>(entry.status.st_size));
  if (!sum.has_value() || folder.Sum(name) != sum) return false;
  Remember(name, entry.status);
  return true;
}

void DiskCache::State::Remember(const std::string& name, const struct stat& status) {
  const std::lock_guard lock(mutex);
  if (verified.size() >= kManyVerified) verified.clear();
  verified[name] = StampOf(status);
}

// Before `size` more bytes are written. When another process is making room, this one goes ahead:
// the limit is passed by little, and by the next write that looks it is restored.
void DiskCache::State::MakeRoom(uint64_t size) {
  const std::lock_guard lock(room_mutex);
  if (!bytes.has_value() || *bytes + size > limit || written > limit / kLookPart) {
    const auto left = folder.Trim(limit - size, limit - limit / kSparePart - size);
    if (left.has_value()) {
      bytes = left;
      written = 0;
    }
  }
  written += size;
  if (!bytes.has_value()) return;
  *bytes += size;
  metrics.DiskCacheBytes(*bytes);
}

Result<Fd> DiskCache::State::Finish(const std::string& name, NewCacheEntry entry,
                                    const crypto::Digest& sum) {
  Fd fd = TRY(entry.Finish(sum));
  struct stat status = {};
  if (::fstat(fd.get(), &status) == 0) Remember(name, status);
  return fd;
}

// A disk that fails does so for each object: one line a minute tells.
void DiskCache::State::Complain(std::string_view why) {
  {
    const std::lock_guard lock(mutex);
    const auto now = std::chrono::steady_clock::now();
    if (complained.has_value() && now - *complained < std::chrono::minutes(1)) return;
    complained = now;
  }
  log::Warn("the disk cache is of no use at the moment: {}", why);
}

DiskCache::DiskCache(std::unique_ptr<State> state) : state_(std::move(state)) {}
DiskCache::~DiskCache() = default;

Result<std::unique_ptr<DiskCache>> DiskCache::Open(std::string folder, ByteCount limit,
                                                   Metrics& metrics) {
  auto state = std::make_unique<State>(std::move(folder), limit, metrics);
  TRY(state->folder.Make());
  return std::unique_ptr<DiskCache>(new DiskCache(std::move(state)));
}

Result<std::optional<LocalCopy>> DiskCache::Get(std::string_view identity, const ObjectInfo& object,
                                                const Download& download) {
  if (!state_->Fits(object.size)) return std::nullopt;
  const std::string name = EntryName(identity, object);
  if (auto kept = state_->OpenWhole(name, object.size)) {
    const bool good = state_->Verified(name, *kept);
    state_->metrics.DiskCacheLookup(good);
    if (good) return CopyOf(std::move(kept->fd));
    state_->folder.Remove(name);
  } else {
    state_->metrics.DiskCacheLookup(false);
  }
  const auto useless = [&](std::string_view why) {
    state_->Complain(why);
    return std::optional<LocalCopy>();
  };
  Result<NewCacheEntry> entry = state_->folder.Begin(name);
  if (!entry.has_value()) return useless(entry.error().detail);
  state_->MakeRoom(CacheFootprint(object.size.value));
  const Status done = download(entry->fd());
  if (!done.has_value()) {
    if (!DiskTakesMore(entry->fd())) return useless("the disk takes no more");
    return std::unexpected(done.error());
  }
  if (!HasSize(entry->fd(), object.size)) return useless("a download has another size than listed");
  const auto sum = SumOfFile(name, entry->fd(), object.size.value);
  if (!sum.has_value()) return useless("what was written cannot be read");
  Result<Fd> fd = state_->Finish(name, *std::move(entry), *sum);
  if (!fd.has_value()) return useless(fd.error().detail);
  return CopyOf(*std::move(fd));
}

std::optional<std::string> DiskCache::Find(std::string_view identity, const ObjectInfo& object) {
  if (!state_->Fits(object.size)) return std::nullopt;
  const std::string name = EntryName(identity, object);
  std::optional<std::string> bytes;
  if (const auto kept = state_->OpenWhole(name, object.size)) {
    bytes.emplace(object.size.value, '\0');
    if (!ReadAt(kept->fd.get(), 0, *bytes) || state_->folder.Sum(name) != SumOf(name, *bytes)) {
      state_->folder.Remove(name);
      bytes.reset();
    }
  }
  state_->metrics.DiskCacheLookup(bytes.has_value());
  return bytes;
}

void DiskCache::Put(std::string_view identity, const ObjectInfo& object, std::string_view bytes) {
  if (!state_->Fits(object.size) || bytes.size() != object.size.value) return;
  const std::string name = EntryName(identity, object);
  Result<NewCacheEntry> entry = state_->folder.Begin(name);
  if (!entry.has_value()) return state_->Complain(entry.error().detail);
  state_->MakeRoom(CacheFootprint(bytes.size()));
  if (!WriteAll(entry->fd(), bytes)) return state_->Complain("the disk takes no more");
  const Result<Fd> fd = state_->Finish(name, *std::move(entry), SumOf(name, bytes));
  if (!fd.has_value()) state_->Complain(fd.error().detail);
}

}  // namespace sluice::storage
