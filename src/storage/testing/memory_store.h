// storage/testing/memory_store.h -- a store in memory that looks remote: it can be told to fail,
// and tells what it was asked.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/crypto/crypto.h"
#include "base/encoding.h"
#include "storage/remote_store.h"

namespace sluice::storage::testing {

// Thread-safe but for its settings, which are made before it is used.
class MemoryStore : public RemoteStore {
 public:
  explicit MemoryStore(std::string name = "memory://store") : name_(std::move(name)) {}

  // Settings.
  bool from_any_key = true;
  size_t parallel = 4;
  // Called before each request, on its thread, with no lock held: it may wait, or fail the request.
  // `request` as in TakeRequests.
  std::function<Status(const std::string& request)> before;

  // Writes, or overwrites, as another client of the store would. Without a time each object is a
  // second younger than the one before it.
  void Put(std::string_view key, std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    PutLocked(key, bytes, FromUnixMillis(1'000'000'000 + 1000 * ++puts_));
  }
  void Put(std::string_view key, std::string_view bytes, TimePoint modified) {
    const std::lock_guard lock(mutex_);
    PutLocked(key, bytes, modified);
  }
  void Erase(const std::string& key) {
    const std::lock_guard lock(mutex_);
    objects_.erase(key);
  }
  void Clear() {
    const std::lock_guard lock(mutex_);
    objects_.clear();
  }
  std::map<std::string, std::string> Objects() const {
    const std::lock_guard lock(mutex_);
    std::map<std::string, std::string> objects;
    for (const auto& [key, object] : objects_) objects.emplace(key, object.bytes);
    return objects;
  }

  // What was asked since the last call: "list _delta_log/ _delta_log/0007", "head k", "read k",
  // "range k", "fetch k", "put k".
  std::vector<std::string> TakeRequests() const {
    const std::lock_guard lock(mutex_);
    return std::exchange(requests_, {});
  }

  const std::string& identity() const override { return name_; }
  const std::string& location() const override { return name_; }
  const UrlSigner* signer() const override { return nullptr; }
  bool lists_from_any_key() const override { return from_any_key; }
  size_t parallel_reads() const override { return parallel; }

  Result<std::vector<ObjectInfo>> List(std::string_view folder,
                                       std::string_view from) const override {
    TRY(Asked(fmt::format("list {}{}{}", folder, from.empty() ? "" : " ", from)));
    const std::lock_guard lock(mutex_);
    std::vector<ObjectInfo> found;
    for (const auto& [key, object] : objects_) {
      const bool direct = key.starts_with(folder) && key.find('/', folder.size()) == key.npos;
      if (direct && key >= from) found.push_back(object.info);
    }
    return found;
  }
  Result<ObjectInfo> Head(std::string_view key) const override {
    TRY(Asked(fmt::format("head {}", key)));
    return TRY(Find(key)).info;
  }
  Result<std::string> Read(std::string_view key, ByteCount limit) const override {
    TRY(Asked(fmt::format("read {}", key)));
    return Whole(TRY(Find(key)), limit);
  }
  Result<std::string> ReadListed(const ObjectInfo& object, ByteCount limit) const override {
    TRY(Asked(fmt::format("read {}", object.key)));
    return Whole(TRY(FindListed(object)), limit);
  }
  Status Download(const ObjectInfo& object, int fd) const override {
    TRY(Asked(fmt::format("fetch {}", object.key)));
    const Object found = TRY(FindListed(object));
    const ssize_t written = ::write(fd, found.bytes.data(), found.bytes.size());
    if (written == static_cast<ssize_t>(found.bytes.size())) return {};
    return Fail(Code::kUnavailable, "the download failed");
  }
  Result<std::string> ReadRange(std::string_view key, Range range) const override {
    TRY(Asked(fmt::format("range {}", key)));
    const Object object = TRY(Find(key));
    if (range.offset > object.bytes.size() || range.length > object.bytes.size() - range.offset) {
      return Fail(Code::kInvalidArgument, "the range ends behind the object");
    }
    return object.bytes.substr(range.offset, range.length);
  }
  Status PutIfAbsent(std::string_view key, std::string_view bytes) const override {
    TRY(Asked(fmt::format("put {}", key)));
    const std::lock_guard lock(mutex_);
    if (objects_.contains(std::string(key))) return Fail(Code::kAlreadyExists, "it is there");
    PutLocked(key, bytes, FromUnixMillis(1'000'000'000 + 1000 * ++puts_));
    return {};
  }
  Result<OpenObject> Open(std::string_view /*key*/) const override {
    return Fail(Code::kUnsupported, "this store lends by link only");
  }

 private:
  struct Object {
    ObjectInfo info;
    std::string bytes;
  };

  // As an ETag, the tag depends on the bytes alone.
  void PutLocked(std::string_view key, std::string_view bytes, TimePoint modified) const {
    ObjectInfo info;
    info.key = key;
    info.size = {bytes.size()};
    info.modified = modified;
    info.tag = Hex(crypto::View(crypto::Sha256(bytes)).substr(0, 16));
    objects_.insert_or_assign(std::string(key), Object{std::move(info), std::string(bytes)});
  }
  Status Asked(std::string request) const {
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    if (before) TRY(before(request));
    return {};
  }
  Result<Object> Find(std::string_view key) const {
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(std::string(key));
    if (found == objects_.end()) return Fail(Code::kNotFound, "no such object", std::string(key));
    return found->second;
  }
  Result<Object> FindListed(const ObjectInfo& object) const {
    Object found = TRY(Find(object.key));
    if (found.info.tag == object.tag) return found;
    return Fail(Code::kNotFound, "the object was replaced", object.key);
  }
  static Result<std::string> Whole(Object object, ByteCount limit) {
    if (object.info.size <= limit) return std::move(object.bytes);
    return Fail(Code::kResourceExhausted, "the object is larger than the limit");
  }

  const std::string name_;
  mutable std::mutex mutex_;  // of what follows
  mutable std::map<std::string, Object> objects_;
  mutable std::vector<std::string> requests_;
  mutable int64_t puts_ = 0;
};

}  // namespace sluice::storage::testing
