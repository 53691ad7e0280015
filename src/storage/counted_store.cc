#include "storage/counted_store.h"

#include <utility>

namespace sluice::storage {
namespace {

class CountedStore final : public ObjectStore {
 public:
  CountedStore(std::unique_ptr<ObjectStore> store, Metrics& metrics)
      : store_(std::move(store)), metrics_(metrics) {}

  Result<std::vector<ObjectInfo>> List(std::string_view folder,
                                       std::string_view from) const override {
    metrics_.StoreRequest("list");
    return store_->List(folder, from);
  }
  Result<ObjectInfo> Head(std::string_view key) const override {
    metrics_.StoreRequest("head");
    return store_->Head(key);
  }
  Result<std::string> Read(std::string_view key, ByteCount limit) const override {
    metrics_.StoreRequest("read");
    return store_->Read(key, limit);
  }
  Result<std::string> ReadListed(const ObjectInfo& object, ByteCount limit) const override {
    metrics_.StoreRequest("read");
    return store_->ReadListed(object, limit);
  }
  Result<LocalCopy> Fetch(const ObjectInfo& object) const override {
    metrics_.StoreRequest("open");
    return store_->Fetch(object);
  }
  Result<std::string> ReadRange(std::string_view key, Range range) const override {
    metrics_.StoreRequest("read");
    return store_->ReadRange(key, range);
  }
  Status PutIfAbsent(std::string_view key, std::string_view bytes) const override {
    metrics_.StoreRequest("put");
    return store_->PutIfAbsent(key, bytes);
  }
  const UrlSigner* signer() const override { return store_->signer(); }
  const CredentialVendor* vendor() const override { return store_->vendor(); }
  Result<OpenObject> Open(std::string_view key) const override {
    metrics_.StoreRequest("open");
    return store_->Open(key);
  }
  bool lists_from_any_key() const override { return store_->lists_from_any_key(); }
  size_t parallel_reads() const override { return store_->parallel_reads(); }
  const std::string& location() const override { return store_->location(); }

 private:
  std::unique_ptr<ObjectStore> store_;
  Metrics& metrics_;
};

}  // namespace

std::unique_ptr<ObjectStore> CountRequests(std::unique_ptr<ObjectStore> store, Metrics& metrics) {
  return std::make_unique<CountedStore>(std::move(store), metrics);
}

}  // namespace sluice::storage
