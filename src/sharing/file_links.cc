#include "sharing/file_links.h"

#include <utility>

#include "delta/log_path.h"

namespace sluice::sharing {
namespace {

class OwnLinks final : public FileLinks {
 public:
  OwnLinks(const LinkKey& key, const LinkGrant& grant, std::string_view base)
      : writer_(key, grant, base), expires_(grant.expires()) {}
  // Whether the file lies in the table is asked when the link is used: it opens nothing by itself.
  Status Append(std::string_view file, std::optional<uint64_t> size, std::string_view extension,
                std::string& out) override {
    writer_.Append(file, size, extension, out);
    return {};
  }
  TimePoint expires() const override { return expires_; }

 private:
  LinkWriter writer_;
  const TimePoint expires_;
};

class StoreLinks final : public FileLinks {
 public:
  StoreLinks(std::shared_ptr<const storage::ObjectStore> store,
             std::unique_ptr<storage::UrlWriter> urls)
      : store_(std::move(store)), urls_(std::move(urls)) {}
  Status Append(std::string_view file, std::optional<uint64_t> /*size*/,
                std::string_view /*extension*/, std::string& out) override {
    urls_->Append(TRY(delta::ObjectKey(file, scratch_)), out);
    return {};
  }
  TimePoint expires() const override { return urls_->expires(); }

 private:
  const std::shared_ptr<const storage::ObjectStore> store_;  // lives as long as its links
  const std::unique_ptr<storage::UrlWriter> urls_;
  std::string scratch_;
};

}  // namespace

std::unique_ptr<FileLinks> LinksToUs(const LinkKey& key, const LinkGrant& grant,
                                     std::string_view base) {
  return std::make_unique<OwnLinks>(key, grant, base);
}

std::unique_ptr<FileLinks> LinksToStore(std::shared_ptr<const storage::ObjectStore> store,
                                        std::unique_ptr<storage::UrlWriter> urls) {
  return std::make_unique<StoreLinks>(std::move(store), std::move(urls));
}

Result<std::unique_ptr<FileLinks>> BeginLinks(
    const std::shared_ptr<const storage::ObjectStore>& store, const LinkKey& key,
    const LinkGrant& grant, std::string_view base) {
  const storage::UrlSigner* signer = store->signer();
  if (signer == nullptr) return LinksToUs(key, grant, base);
  auto urls = TRY(signer->Begin(grant.lifetime));
  return LinksToStore(store, std::move(urls));
}

}  // namespace sluice::sharing
