#include "catalog/catalog_resolver.h"

#include <algorithm>
#include <mutex>
#include <optional>

#include "catalog/errors.h"
#include "catalog/recipients.h"
#include "catalog/share_grants.h"

namespace sluice::catalog {
namespace {

// The recipient that a principal is. Null: somebody else, or gone.
const Securable* RecipientOf(const Picture& picture, std::string_view principal) {
  constexpr std::string_view kRecipient = "recipient:";
  if (!principal.starts_with(kRecipient)) return nullptr;
  const Securable* found = picture.Find(principal.substr(kRecipient.size()));
  return found == nullptr || found->kind() != Kind::kRecipient ? nullptr : found;
}

bool IsGranted(const Securable& share, const Securable& recipient, TimePoint now) {
  const Grant* grant = GrantOf(share, recipient.id);
  return grant != nullptr && grant->HoldsAt(now);
}

// The share of that name, if the recipient has it.
const Securable* FindGranted(const Picture& picture, const Securable* recipient,
                             std::string_view name, TimePoint now) {
  if (recipient == nullptr) return nullptr;
  const Securable* share = picture.FindChild(Kind::kShare, picture.metastore().id, name);
  return share != nullptr && IsGranted(*share, *recipient, now) ? share : nullptr;
}

// The table as this recipient gets it.
Result<std::shared_ptr<const SharedTable>> ForRecipient(const ShareContents::Table& table,
                                                        const Securable& recipient) {
  if (table.denied) return OwnerLostAccess(table.shared->share);
  const auto& shared = IsBoundToNetworks(recipient) ? table.links_only : table.shared;
  if (table.object->partitions.tuples.empty()) return shared;
  SharedTable bound = *shared;
  bound.filter = TRY(Bind(table.object->partitions, AllProperties(recipient)));
  return std::make_shared<const SharedTable>(std::move(bound));
}

}  // namespace

CatalogResolver::CatalogResolver(const Catalog& catalog, size_t most_tables)
    : catalog_(catalog), most_tables_(most_tables) {}

std::vector<ShareName> CatalogResolver::Shares(std::string_view principal) const {
  std::vector<ShareName> shares;
  const std::shared_ptr<const Picture> picture = catalog_.Now();
  const TimePoint now = catalog_.clock().Now();
  const Securable* recipient = RecipientOf(*picture, principal);
  if (recipient == nullptr) return shares;
  picture->VisitSharesOf(recipient->id, [&](const Securable& share) {
    if (IsGranted(share, *recipient, now)) shares.push_back({share.name, share.id});
    return true;
  });
  return shares;
}

Result<std::shared_ptr<const GrantedShare>> CatalogResolver::FindShare(
    std::string_view principal, std::string_view share) const {
  const std::shared_ptr<const Picture> picture = catalog_.Now();
  const TimePoint now = catalog_.clock().Now();
  const Securable* recipient = RecipientOf(*picture, principal);
  const Securable* found = FindGranted(*picture, recipient, share, now);
  if (found == nullptr) return ShareNotFound(share);
  const auto contents = Contents(*picture, *found, now);
  const GrantedShare& listed =
      IsBoundToNetworks(*recipient) ? contents->listed_links_only() : contents->listed();
  return std::shared_ptr<const GrantedShare>(contents, &listed);
}

Result<std::shared_ptr<const SharedTable>> CatalogResolver::FindTable(std::string_view principal,
                                                                      const TableName& name) const {
  const std::shared_ptr<const Picture> picture = catalog_.Now();
  const TimePoint now = catalog_.clock().Now();
  const Securable* recipient = RecipientOf(*picture, principal);
  const Securable* share = FindGranted(*picture, recipient, name.share, now);
  if (share == nullptr) return TableNotFound(name);
  const auto contents = Contents(*picture, *share, now);
  const ShareContents::Table* table = contents->Find(name.schema, name.table);
  if (table == nullptr) return TableNotFound(name);
  return ForRecipient(*table, *recipient);
}

Result<std::shared_ptr<const SharedTable>> CatalogResolver::FindTableById(
    std::string_view principal, std::string_view id) const {
  const std::shared_ptr<const Picture> picture = catalog_.Now();
  const TimePoint now = catalog_.clock().Now();
  const Securable* recipient = RecipientOf(*picture, principal);
  if (recipient == nullptr) return TableIdNotFound();
  std::optional<Result<std::shared_ptr<const SharedTable>>> found;
  const auto look = [&](const Securable& share) {
    if (!IsGranted(share, *recipient, now)) return true;
    const auto contents = Contents(*picture, share, now);
    if (const ShareContents::Table* table = contents->FindById(id)) {
      found = ForRecipient(*table, *recipient);
    }
    return !found || !found->has_value();
  };
  // Most tables are in a share that was asked for before.
  Id likely;
  {
    const std::shared_lock lock(mutex_);
    const auto at = share_of_table_.find(id);
    if (at != share_of_table_.end()) likely = at->second;
  }
  const Securable* share = likely.empty() ? nullptr : picture->Find(likely);
  if (share == nullptr || look(*share)) picture->VisitSharesOf(recipient->id, look);
  return found ? *std::move(found) : TableIdNotFound();
}

std::shared_ptr<const ShareContents> CatalogResolver::Contents(const Picture& picture,
                                                               const Securable& share,
                                                               TimePoint now) const {
  {
    const std::shared_lock lock(mutex_);
    const auto found = kept_.find(share.id);
    if (found != kept_.end() && found->second->contents->Holds(picture, share, now)) {
      found->second->last_used.store(++calls_, std::memory_order_relaxed);
      return found->second->contents;
    }
  }
  // Two threads may make the same; that is cheaper than one that waits for the other.
  auto made = std::make_shared<const ShareContents>(picture, picture.FindShared(share.id), now);
  Keep(share.id, made);
  return made;
}

void CatalogResolver::Keep(const Id& share,
                           const std::shared_ptr<const ShareContents>& contents) const {
  const std::unique_lock lock(mutex_);
  if (const auto before = kept_.find(share); before != kept_.end()) Drop(before);
  while (!kept_.empty() && tables_ + contents->tables().size() > most_tables_) {
    Drop(std::ranges::min_element(kept_, std::less<>{}, [](const auto& entry) {
      return entry.second->last_used.load(std::memory_order_relaxed);
    }));
  }
  const auto at = kept_.emplace(share, std::make_unique<Kept>(contents)).first;
  at->second->last_used = ++calls_;
  tables_ += contents->tables().size();
  for (const ShareContents::Table& table : contents->tables()) {
    share_of_table_.emplace(table.shared->id, share);
  }
}

void CatalogResolver::Drop(KeptShares::iterator share) const {
  tables_ -= share->second->contents->tables().size();
  for (const ShareContents::Table& table : share->second->contents->tables()) {
    const auto at = share_of_table_.find(table.shared->id);
    if (at != share_of_table_.end() && at->second == share->first) share_of_table_.erase(at);
  }
  kept_.erase(share);
}

size_t CatalogResolver::tables_kept() const {
  const std::shared_lock lock(mutex_);
  return tables_;
}

}  // namespace sluice::catalog
