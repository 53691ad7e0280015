#include "catalog/picture.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <map>

#include "base/encoding.h"

namespace sluice::catalog {
namespace {

// Never the same twice, in any picture.
uint64_t NextVersion() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

// Between the parts of a key; no id, name or url holds it.
constexpr char kBetween = '\x1f';

std::string ParentKey(Kind kind, std::string_view parent) {
  std::string key(1, static_cast<char>('A' + static_cast<int>(kind)));
  key += parent;
  key += kBetween;
  return key;
}

std::string NameKey(Kind kind, std::string_view parent, std::string_view name) {
  return ParentKey(kind, parent) + AsciiLower(name);
}

std::string NameKey(const Securable& securable) {
  return NameKey(securable.kind(), securable.parent, securable.name);
}

std::string PairKey(std::string_view first, std::string_view second) {
  std::string key(first);
  key += kBetween;
  key += second;
  return key;
}

// Where a securable lies; empty: nowhere.
std::string_view UrlOf(const Securable& securable) {
  if (const auto* location = std::get_if<ExternalLocation>(&securable.details)) {
    return location->url;
  }
  if (const auto* table = std::get_if<Table>(&securable.details)) return table->storage_location;
  return {};
}

std::string UrlKey(Kind kind, std::string_view url) {
  std::string key = ParentKey(kind, "");
  key += url;
  key += '/';
  return key;
}

// The keys of a share in the two indexes of shares, in order; of null: none.
std::vector<std::string> GranteeKeys(const Securable* share) {
  std::vector<std::string> keys;
  if (share == nullptr) return keys;
  const std::string folded = AsciiLower(share->name);
  keys.reserve(share->grants.size());
  for (const Grant& grant : share->grants) keys.push_back(PairKey(grant.principal, folded));
  std::ranges::sort(keys);
  return keys;
}

std::vector<std::string> ObjectKeys(const Securable* share) {
  std::vector<std::string> keys;
  if (share == nullptr) return keys;
  const std::vector<SharedObject>& objects = share->As<Share>().objects;
  keys.reserve(objects.size());
  for (const SharedObject& object : objects) keys.push_back(PairKey(object.object, share->id));
  std::ranges::sort(keys);
  return keys;
}

// Shares may have ten thousand grants, of which a change touches one.
void Sync(SortedMap<Id>& index, const std::vector<std::string>& before,
          const std::vector<std::string>& after, const Id& id) {
  std::vector<std::string> changed;
  std::ranges::set_difference(before, after, std::back_inserter(changed));
  for (const std::string& key : changed) index.Erase(key);
  changed.clear();
  std::ranges::set_difference(after, before, std::back_inserter(changed));
  for (const std::string& key : changed) index.Put(key, id);
}

// Groups may have ten thousand members, of which a change touches one. Of null: none.
std::vector<Id> SortedMembers(const Principal* group) {
  std::vector<Id> members;
  if (group == nullptr) return members;
  members = group->members;
  std::ranges::sort(members);
  return members;
}

// Whether access is decided by the one as by the other: addresses and display names do not count.
bool DecidesAsMuch(const Principal& before, const Principal& after) {
  return before.kind == after.kind && before.name == after.name && before.active == after.active &&
         before.members == after.members;
}

template <class V>
using Entries = std::vector<std::pair<std::string, V>>;

// The first of those with one key, which rows of a sound database have once.
template <class V>
SortedMap<V> Sorted(Entries<V> entries) {
  const auto key = [](const auto& entry) -> const std::string& { return entry.first; };
  std::ranges::stable_sort(entries, {}, key);
  const auto [from, to] = std::ranges::unique(entries, {}, key);
  entries.erase(from, to);
  return SortedMap<V>::FromSorted(std::move(entries));
}

Kind ParentKind(Kind kind) {
  if (kind == Kind::kTable) return Kind::kSchema;
  return kind == Kind::kSchema ? Kind::kCatalog : Kind::kMetastore;
}

}  // namespace

Picture Picture::Of(PictureContent content) {
  Picture picture;
  Entries<SecurablePtr> by_id;
  Entries<SecurablePtr> by_name;
  Entries<SecurablePtr> by_location;
  Entries<Id> by_grantee;
  Entries<Id> by_shared_object;
  std::map<std::string, size_t> counts;
  for (const SecurablePtr& securable : content.securables) {
    const Kind kind = securable->kind();
    by_id.emplace_back(securable->id, securable);
    by_name.emplace_back(NameKey(*securable), securable);
    const std::string_view url = UrlOf(*securable);
    if (!url.empty()) by_location.emplace_back(UrlKey(kind, url), securable);
    if (kind == Kind::kMetastore) picture.metastore_ = securable;
    if (kind != Kind::kMetastore) {
      ++counts[ParentKey(kind, securable->parent)];
      ++picture.counts_.at(static_cast<size_t>(kind));
    }
    if (kind == Kind::kCatalog) picture.tree_versions_.Put(securable->id, NextVersion());
    if (kind == Kind::kRecipient) picture.IndexTokens(securable);
    if (kind == Kind::kShare) {
      for (std::string& key : GranteeKeys(securable.get())) {
        by_grantee.emplace_back(std::move(key), securable->id);
      }
      for (std::string& key : ObjectKeys(securable.get())) {
        by_shared_object.emplace_back(std::move(key), securable->id);
      }
    }
  }
  picture.by_id_ = Sorted(std::move(by_id));
  picture.by_name_ = Sorted(std::move(by_name));
  picture.by_location_ = Sorted(std::move(by_location));
  picture.by_grantee_ = Sorted(std::move(by_grantee));
  picture.by_shared_object_ = Sorted(std::move(by_shared_object));
  picture.child_counts_ =
      SortedMap<size_t>::FromSorted(Entries<size_t>(counts.begin(), counts.end()));
  for (const PrincipalPtr& principal : content.principals) picture.Put(principal);
  for (AccessTokenPtr& token : content.access_tokens) picture.Put(std::move(token));
  for (BrowserSessionPtr& session : content.sessions) picture.Put(std::move(session));
  for (AccessRequestPtr& request : content.requests) picture.Put(std::move(request));
  picture.principals_version_ = NextVersion();
  picture.locations_version_ = NextVersion();
  return picture;
}

const Securable* Picture::Find(std::string_view id) const {
  const SecurablePtr* found = by_id_.Find(id);
  return found == nullptr ? nullptr : found->get();
}

SecurablePtr Picture::FindShared(std::string_view id) const {
  const SecurablePtr* found = by_id_.Find(id);
  return found == nullptr ? nullptr : *found;
}

const Securable* Picture::FindChild(Kind kind, std::string_view parent,
                                    std::string_view name) const {
  const SecurablePtr* found = by_name_.Find(NameKey(kind, parent, name));
  return found == nullptr ? nullptr : found->get();
}

const Securable* Picture::FindByName(Kind kind, std::string_view full_name) const {
  if (metastore_ == nullptr) return nullptr;
  if (kind == Kind::kMetastore) {
    const bool is_ours =
        full_name == metastore_->id || AsciiLower(full_name) == AsciiLower(metastore_->name);
    return is_ours ? metastore_.get() : nullptr;
  }
  const Kind above = ParentKind(kind);
  if (above == Kind::kMetastore) return FindChild(kind, metastore_->id, full_name);
  const size_t dot = full_name.rfind('.');
  if (dot == std::string_view::npos) return nullptr;
  const Securable* parent = FindByName(above, full_name.substr(0, dot));
  return parent == nullptr ? nullptr : FindChild(kind, parent->id, full_name.substr(dot + 1));
}

std::string Picture::FullName(const Securable& securable) const {
  if (ParentKind(securable.kind()) == Kind::kMetastore) return securable.name;
  const Securable* parent = Find(securable.parent);
  return parent == nullptr ? securable.name : FullName(*parent) + '.' + securable.name;
}

std::vector<const Securable*> Picture::Chain(const Securable& securable) const {
  std::vector<const Securable*> chain;
  for (const Securable* at = &securable; at != nullptr; at = Find(at->parent)) {
    chain.push_back(at);
    if (at->kind() == Kind::kMetastore) break;
  }
  return chain;
}

void Picture::VisitChildren(Kind kind, std::string_view parent, std::string_view after,
                            const std::function<bool(const SecurablePtr&)>& visit) const {
  const std::string prefix = ParentKey(kind, parent);
  const std::string behind = after.empty() ? prefix : prefix + AsciiLower(after) + '\0';
  for (auto at = by_name_.From(behind); at && at.key().starts_with(prefix); at.Next()) {
    if (!visit(at.value())) return;
  }
}

size_t Picture::CountChildren(Kind kind, std::string_view parent) const {
  const size_t* count = child_counts_.Find(ParentKey(kind, parent));
  return count == nullptr ? 0 : *count;
}

void Picture::VisitSecurables(const std::function<bool(const SecurablePtr&)>& visit) const {
  for (auto at = by_id_.Begin(); at; at.Next()) {
    if (!visit(at.value())) return;
  }
}

void Picture::VisitSharesOf(std::string_view recipient,
                            const std::function<bool(const Securable& share)>& visit) const {
  const std::string prefix = PairKey(recipient, "");
  for (auto at = by_grantee_.From(prefix); at && at.key().starts_with(prefix); at.Next()) {
    const Securable* share = Find(at.value());
    if (share != nullptr && !visit(*share)) return;
  }
}

std::vector<const Securable*> Picture::SharesWith(std::string_view object) const {
  std::vector<const Securable*> shares;
  const auto collect = [&](std::string_view id) {
    const std::string prefix = PairKey(id, "");
    for (auto at = by_shared_object_.From(prefix); at && at.key().starts_with(prefix); at.Next()) {
      const Securable* share = Find(at.value());
      if (share != nullptr && std::ranges::find(shares, share) == shares.end()) {
        shares.push_back(share);
      }
    }
  };
  collect(object);
  const Securable* securable = Find(object);
  if (securable != nullptr && securable->kind() == Kind::kTable) collect(securable->parent);
  return shares;
}

const Securable* Picture::LocationAround(Kind kind, std::string_view url) const {
  for (size_t end = url.size(); end > 0; end = url.rfind('/', end - 1)) {
    if (end == std::string_view::npos) break;
    const SecurablePtr* found = by_location_.Find(UrlKey(kind, url.substr(0, end)));
    if (found != nullptr) return found->get();
  }
  return nullptr;
}

const Securable* Picture::LocationBelow(Kind kind, std::string_view url) const {
  const std::string prefix = UrlKey(kind, url);
  const auto at = by_location_.From(prefix);
  return at && at.key().starts_with(prefix) ? at.value().get() : nullptr;
}

const Principal* Picture::FindPrincipal(std::string_view id) const {
  const PrincipalPtr* found = principals_.Find(id);
  return found == nullptr ? nullptr : found->get();
}

const Principal* Picture::FindPrincipalByName(std::string_view name) const {
  const Id* id = principal_by_name_.Find(AsciiLower(name));
  return id == nullptr ? nullptr : FindPrincipal(*id);
}

void Picture::VisitPrincipals(PrincipalKind kind, std::string_view after_id,
                              const std::function<bool(const Principal&)>& visit) const {
  const std::string behind = after_id.empty() ? std::string() : std::string(after_id) + '\0';
  for (auto at = principals_.From(behind); at; at.Next()) {
    if (at.value()->kind == kind && !visit(*at.value())) return;
  }
}

const std::vector<Id>& Picture::GroupsOf(std::string_view id) const {
  static const std::vector<Id> kNone;
  const std::vector<Id>* groups = groups_of_.Find(id);
  return groups == nullptr ? kNone : *groups;
}

std::string Picture::PrincipalName(std::string_view id) const {
  const Principal* principal = FindPrincipal(id);
  return principal == nullptr ? std::string(id) : principal->name;
}

const AccessToken* Picture::FindAccessToken(const crypto::Digest& hash) const {
  const AccessTokenPtr* found = access_token_by_hash_.Find(crypto::View(hash));
  return found == nullptr ? nullptr : found->get();
}

const AccessToken* Picture::FindAccessTokenById(std::string_view id) const {
  const AccessTokenPtr* found = access_tokens_.Find(id);
  return found == nullptr ? nullptr : found->get();
}

std::vector<const AccessToken*> Picture::AccessTokensOf(std::string_view principal) const {
  std::vector<const AccessToken*> tokens;
  for (auto at = access_tokens_.Begin(); at; at.Next()) {
    if (at.value()->principal == principal) tokens.push_back(at.value().get());
  }
  return tokens;
}

std::optional<Picture::RecipientTokenRef> Picture::FindRecipientToken(
    const crypto::Digest& hash) const {
  const RecipientTokenRef* found = by_recipient_token_.Find(crypto::View(hash));
  if (found == nullptr) return std::nullopt;
  return *found;
}

std::optional<Picture::RecipientTokenRef> Picture::FindActivation(
    const crypto::Digest& nonce_hash) const {
  const RecipientTokenRef* found = by_activation_.Find(crypto::View(nonce_hash));
  if (found == nullptr) return std::nullopt;
  return *found;
}

const BrowserSession* Picture::FindSession(const crypto::Digest& hash) const {
  const BrowserSessionPtr* found = sessions_.Find(crypto::View(hash));
  return found == nullptr ? nullptr : found->get();
}

void Picture::VisitSessions(const std::function<bool(const BrowserSession&)>& visit) const {
  for (auto at = sessions_.Begin(); at; at.Next()) {
    if (!visit(*at.value())) return;
  }
}

uint64_t Picture::tree_version(std::string_view catalog_id) const {
  const uint64_t* version = tree_versions_.Find(catalog_id);
  return version == nullptr ? 0 : *version;
}

void Picture::TouchTree(const Securable& securable) {
  const Securable* at = &securable;
  while (at != nullptr && (at->kind() == Kind::kTable || at->kind() == Kind::kSchema)) {
    at = Find(at->parent);
  }
  if (at != nullptr && at->kind() == Kind::kCatalog) tree_versions_.Put(at->id, NextVersion());
}

void Picture::Index(const SecurablePtr& securable) {
  const Kind kind = securable->kind();
  by_id_.Put(securable->id, securable);
  by_name_.Put(NameKey(*securable), securable);
  if (const auto url = UrlOf(*securable); !url.empty()) {
    by_location_.Put(UrlKey(kind, url), securable);
  }
  IndexTokens(securable);
}

void Picture::IndexTokens(const SecurablePtr& securable) {
  const auto* recipient = std::get_if<Recipient>(&securable->details);
  if (recipient == nullptr) return;
  for (size_t i = 0; i < recipient->tokens.size(); ++i) {
    const RecipientToken& token = recipient->tokens[i];
    if (token.hash) by_recipient_token_.Put(crypto::View(*token.hash), {securable, i});
    if (token.activation_hash) {
      by_activation_.Put(crypto::View(*token.activation_hash), {securable, i});
    }
  }
}

void Picture::Unindex(const Securable& securable) {
  by_name_.Erase(NameKey(securable));
  if (const auto url = UrlOf(securable); !url.empty()) {
    by_location_.Erase(UrlKey(securable.kind(), url));
  }
  if (const auto* recipient = std::get_if<Recipient>(&securable.details)) {
    for (const RecipientToken& token : recipient->tokens) {
      if (token.hash) by_recipient_token_.Erase(crypto::View(*token.hash));
      if (token.activation_hash) by_activation_.Erase(crypto::View(*token.activation_hash));
    }
  }
}

void Picture::IndexShare(const Securable* before, const Securable* after) {
  if (before == nullptr && after == nullptr) return;
  const Id id = before == nullptr ? after->id : before->id;
  Sync(by_grantee_, GranteeKeys(before), GranteeKeys(after), id);
  Sync(by_shared_object_, ObjectKeys(before), ObjectKeys(after), id);
}

void Picture::Put(const SecurablePtr& securable) {
  const SecurablePtr before = FindShared(securable->id);
  const Kind kind = securable->kind();
  if (before != nullptr) {
    Unindex(*before);
  } else if (kind != Kind::kMetastore) {
    const std::string parent = ParentKey(kind, securable->parent);
    child_counts_.Put(parent, CountChildren(kind, securable->parent) + 1);
    ++counts_.at(static_cast<size_t>(kind));
  }
  if (kind == Kind::kMetastore) {
    metastore_ = securable;
    principals_version_ = NextVersion();
  }
  if (kind == Kind::kExternalLocation) locations_version_ = NextVersion();
  if (kind == Kind::kShare) IndexShare(before.get(), securable.get());
  Index(securable);
  TouchTree(*securable);
}

void Picture::EraseSecurable(std::string_view id) {
  const SecurablePtr before = FindShared(id);
  if (before == nullptr) return;
  TouchTree(*before);
  Unindex(*before);
  if (before->kind() == Kind::kExternalLocation) locations_version_ = NextVersion();
  if (before->kind() == Kind::kShare) IndexShare(before.get(), nullptr);
  by_id_.Erase(id);
  const std::string parent = ParentKey(before->kind(), before->parent);
  child_counts_.Put(parent, CountChildren(before->kind(), before->parent) - 1);
  --counts_.at(static_cast<size_t>(before->kind()));
}

void Picture::IndexMembers(const Principal* before, const Principal* after) {
  if (before == nullptr && after == nullptr) return;
  const Id id = before == nullptr ? after->id : before->id;
  const std::vector<Id> old_members = SortedMembers(before);
  const std::vector<Id> members = SortedMembers(after);
  std::vector<Id> changed;
  std::ranges::set_difference(old_members, members, std::back_inserter(changed));
  for (const Id& member : changed) {
    std::vector<Id> groups = GroupsOf(member);
    std::erase(groups, id);
    groups_of_.Put(member, std::move(groups));
  }
  changed.clear();
  std::ranges::set_difference(members, old_members, std::back_inserter(changed));
  for (const Id& member : changed) {
    std::vector<Id> groups = GroupsOf(member);
    groups.push_back(id);
    groups_of_.Put(member, std::move(groups));
  }
}

void Picture::Put(const PrincipalPtr& principal) {
  const PrincipalPtr* found = principals_.Find(principal->id);
  const PrincipalPtr before = found == nullptr ? nullptr : *found;
  IndexMembers(before.get(), principal.get());
  if (before != nullptr) principal_by_name_.Erase(AsciiLower(before->name));
  principal_by_name_.Put(AsciiLower(principal->name), principal->id);
  principals_.Put(principal->id, principal);
  if (before == nullptr || !DecidesAsMuch(*before, *principal)) {
    principals_version_ = NextVersion();
  }
}

void Picture::ErasePrincipal(std::string_view id) {
  const PrincipalPtr* found = principals_.Find(id);
  if (found == nullptr) return;
  const PrincipalPtr before = *found;
  IndexMembers(before.get(), nullptr);
  principal_by_name_.Erase(AsciiLower(before->name));
  principals_.Erase(id);
  principals_version_ = NextVersion();
}

void Picture::Put(AccessTokenPtr token) {
  EraseAccessToken(token->id);
  access_token_by_hash_.Put(crypto::View(token->hash), token);
  const Id id = token->id;
  access_tokens_.Put(id, std::move(token));
}

void Picture::EraseAccessToken(std::string_view id) {
  const AccessTokenPtr* found = access_tokens_.Find(id);
  if (found == nullptr) return;
  access_token_by_hash_.Erase(crypto::View((*found)->hash));
  access_tokens_.Erase(id);
}

void Picture::Put(BrowserSessionPtr session) {
  const crypto::Digest hash = session->hash;
  sessions_.Put(crypto::View(hash), std::move(session));
}

void Picture::EraseSession(const crypto::Digest& hash) { sessions_.Erase(crypto::View(hash)); }

}  // namespace sluice::catalog
