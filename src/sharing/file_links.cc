#include "sharing/file_links.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/encoding.h"
#include "delta/log_path.h"

namespace sluice::sharing {
namespace {

class OwnLinks final : public FileLinks {
 public:
  // `location` as LinkWriter takes it.
  OwnLinks(const LinkKey& key, const LinkGrant& grant, std::string_view base,
           std::string_view location)
      : writer_(key, grant, base, location), expires_(grant.expires()) {}
  // Whether the file lies in the table is asked when the link is used: it opens nothing by itself.
  Status Append(std::string_view file, std::optional<uint64_t> size, std::string_view extension,
                std::string& out) override {
    writer_.Append(file, size, extension, out);
    return {};
  }
  TimePoint expires() const override { return expires_; }
  uint64_t bytes_elsewhere() const override { return 0; }

 private:
  LinkWriter writer_;
  const TimePoint expires_;
};

class StoreLinks final : public FileLinks {
 public:
  StoreLinks(std::shared_ptr<const storage::ObjectStore> store,
             std::unique_ptr<storage::UrlWriter> urls)
      : store_(std::move(store)), urls_(std::move(urls)) {}
  Status Append(std::string_view file, std::optional<uint64_t> size, std::string_view /*extension*/,
                std::string& out) override {
    urls_->Append(TRY(delta::ObjectKey(file, scratch_)), out);
    bytes_ += size.value_or(0);
    return {};
  }
  TimePoint expires() const override { return urls_->expires(); }
  uint64_t bytes_elsewhere() const override { return bytes_; }

 private:
  const std::shared_ptr<const storage::ObjectStore> store_;  // lives as long as its links
  const std::unique_ptr<storage::UrlWriter> urls_;
  std::string scratch_;
  uint64_t bytes_ = 0;
};

// Finds out which place a file lies in; each place has links of its own.
class PlacedLinks final : public FileLinks {
 public:
  PlacedLinks(LinkedTable table, const LinkKey& key, const LinkGrant& grant, std::string_view base)
      : table_(std::move(table)),
        places_(table_.location, table_.external),
        key_(key),
        grant_(grant),
        base_(base) {}

  Status Open() {
    own_ = TRY(LinksBelow({}));
    for (const std::string_view location : table_.used) TRY(External(location));
    return {};
  }

  Status Append(std::string_view file, std::optional<uint64_t> size, std::string_view extension,
                std::string& out) override {
    if (!delta::IsAbsolutePath(file)) return own_->Append(file, size, extension, out);
    const delta::FilePlace place = TRY(places_.Find(file));
    const std::string key = PercentEncode(place.key, "/");
    if (place.location.empty()) return own_->Append(key, size, extension, out);
    return TRY(External(place.location))->Append(key, size, extension, out);
  }

  TimePoint expires() const override {
    TimePoint first = own_->expires();
    for (const auto& [location, links] : external_) first = std::min(first, links->expires());
    return first;
  }

  uint64_t bytes_elsewhere() const override {
    uint64_t bytes = own_->bytes_elsewhere();
    for (const auto& [location, links] : external_) bytes += links->bytes_elsewhere();
    return bytes;
  }

 private:
  Result<FileLinks*> External(std::string_view location) {
    const auto known = external_.find(location);
    if (known != external_.end()) return known->second.get();
    auto links = TRY(LinksBelow(location));
    return external_.emplace(location, std::move(links)).first->second.get();
  }

  // `location` is empty for the table's root.
  Result<std::unique_ptr<FileLinks>> LinksBelow(std::string_view location) const {
    const bool own = location.empty();
    auto store = TRY(table_.open(own ? table_.location : std::string(location)));
    const storage::UrlSigner* signer = store->signer();
    if (signer == nullptr) {
      const std::string name = own ? std::string() : key_.NameOf(location);
      return std::make_unique<OwnLinks>(key_, grant_, base_, name);
    }
    auto urls = TRY(signer->Begin(grant_.lifetime));
    return LinksToStore(std::move(store), std::move(urls));
  }

  const LinkedTable table_;
  delta::FilePlaces places_;
  const LinkKey& key_;
  const LinkGrant grant_;
  const std::string base_;
  std::unique_ptr<FileLinks> own_;
  std::map<std::string, std::unique_ptr<FileLinks>, std::less<>> external_;  // by location
};

}  // namespace

std::unique_ptr<FileLinks> LinksToUs(const LinkKey& key, const LinkGrant& grant,
                                     std::string_view base) {
  return std::make_unique<OwnLinks>(key, grant, base, std::string_view());
}

std::unique_ptr<FileLinks> LinksToStore(std::shared_ptr<const storage::ObjectStore> store,
                                        std::unique_ptr<storage::UrlWriter> urls) {
  return std::make_unique<StoreLinks>(std::move(store), std::move(urls));
}

Result<std::unique_ptr<FileLinks>> BeginLinks(LinkedTable table, const LinkKey& key,
                                              const LinkGrant& grant, std::string_view base) {
  auto links = std::make_unique<PlacedLinks>(std::move(table), key, grant, base);
  TRY(links->Open());
  return links;
}

}  // namespace sluice::sharing
