#include "storage/cached_store.h"

#include <utility>

namespace sluice::storage {
namespace {

class CachedStore final : public ObjectStore {
 public:
  CachedStore(std::unique_ptr<RemoteStore> store, DiskCache& cache)
      : store_(std::move(store)), cache_(cache) {}

  Result<std::vector<ObjectInfo>> List(std::string_view folder,
                                       std::string_view from) const override {
    return store_->List(folder, from);
  }
  Result<ObjectInfo> Head(std::string_view key) const override { return store_->Head(key); }
  Result<std::string> Read(std::string_view key, ByteCount limit) const override {
    return store_->Read(key, limit);
  }
  Result<std::string> ReadListed(const ObjectInfo& object, ByteCount limit) const override {
    if (object.size > limit) return store_->ReadListed(object, limit);  // which says so
    if (auto kept = cache_.Find(store_->identity(), object)) return *std::move(kept);
    Result<std::string> bytes = store_->ReadListed(object, limit);
    if (bytes.has_value()) cache_.Put(store_->identity(), object, *bytes);
    return bytes;
  }
  Result<LocalCopy> Fetch(const ObjectInfo& object) const override {
    std::optional<LocalCopy> copy = TRY(cache_.Get(
        store_->identity(), object, [&](int fd) { return store_->Download(object, fd); }));
    if (copy.has_value()) return *std::move(copy);
    return store_->Fetch(object);
  }
  Result<std::string> ReadRange(std::string_view key, Range range) const override {
    return store_->ReadRange(key, range);
  }
  Status PutIfAbsent(std::string_view key, std::string_view bytes) const override {
    return store_->PutIfAbsent(key, bytes);
  }
  const UrlSigner* signer() const override { return store_->signer(); }
  const CredentialVendor* vendor() const override { return store_->vendor(); }
  Result<OpenObject> Open(std::string_view key) const override { return store_->Open(key); }
  bool lists_from_any_key() const override { return store_->lists_from_any_key(); }
  size_t parallel_reads() const override { return store_->parallel_reads(); }
  const std::string& location() const override { return store_->location(); }

 private:
  std::unique_ptr<RemoteStore> store_;
  DiskCache& cache_;
};

}  // namespace

std::unique_ptr<ObjectStore> CacheLogFiles(std::unique_ptr<RemoteStore> store, DiskCache& cache) {
  return std::make_unique<CachedStore>(std::move(store), cache);
}

}  // namespace sluice::storage
