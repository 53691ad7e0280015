// catalog/catalog_resolver.h -- what exists for a recipient, by the catalog as it is now.
//
// A principal is "recipient:<id>". Grants are looked up in the picture at each call: what is taken
// back is gone at once, and a grant that ends by itself ends on time. The tables of a share are
// worked out once and kept as long as they hold (catalog/share_contents.h).
//
// A share whose owner lost access stands. Its tables that the owner cannot read are not listed; who
// asks for one by name is refused in words that send him to the provider (kPermissionDenied), so
// that he does not look for a mistake of his own. It all heals with the owner's rights.
//
// Thread-safe. The catalog must outlive it.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/resolver.h"
#include "catalog/share_contents.h"

namespace sluice::catalog {

class CatalogResolver final : public Resolver {
 public:
  // `most_tables`: of all shares whose tables are kept; beyond it those of the share go that was
  // asked for least recently.
  explicit CatalogResolver(const Catalog& catalog, size_t most_tables = 1'000'000);

  std::vector<ShareName> Shares(std::string_view principal) const override;
  Result<std::shared_ptr<const GrantedShare>> FindShare(std::string_view principal,
                                                        std::string_view share) const override;
  Result<std::shared_ptr<const SharedTable>> FindTable(std::string_view principal,
                                                       const TableName& name) const override;
  Result<std::shared_ptr<const SharedTable>> FindTableById(std::string_view principal,
                                                           std::string_view id) const override;

  size_t tables_kept() const;

 private:
  struct Kept {
    explicit Kept(std::shared_ptr<const ShareContents> made) : contents(std::move(made)) {}
    std::shared_ptr<const ShareContents> contents;
    std::atomic<uint64_t> last_used = 0;  // in calls of Contents
  };
  using KeptShares = std::map<Id, std::unique_ptr<Kept>, std::less<>>;

  std::shared_ptr<const ShareContents> Contents(const Picture& picture, const Securable& share,
                                                TimePoint now) const;
  void Keep(const Id& share, const std::shared_ptr<const ShareContents>& contents) const;
  void Drop(KeptShares::iterator share) const;

  const Catalog& catalog_;
  const size_t most_tables_;
  mutable std::atomic<uint64_t> calls_ = 0;
  mutable std::shared_mutex mutex_;  // of what follows
  mutable KeptShares kept_;
  mutable std::map<std::string, Id, std::less<>> share_of_table_;  // of tables that are kept
  mutable size_t tables_ = 0;
};

}  // namespace sluice::catalog
