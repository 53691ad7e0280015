// catalog/picture.h -- the whole catalog at one moment, in memory.
//
// A Picture is a value: a copy is made in no time, shares what is the same, and may be altered
// without anybody seeing it. The one that answers requests is Catalog::Now; the rules of the
// catalog look at pictures and at nothing else. Pointers into a picture are valid as long as it is
// held.
//
// Names compare without regard to case (ASCII).
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto/crypto.h"
#include "base/result.h"
#include "catalog/model.h"
#include "catalog/request_list.h"
#include "catalog/sorted_map.h"

namespace sluice::catalog {

using SecurablePtr = std::shared_ptr<const Securable>;
using PrincipalPtr = std::shared_ptr<const Principal>;
using AccessTokenPtr = std::shared_ptr<const AccessToken>;
using BrowserSessionPtr = std::shared_ptr<const BrowserSession>;

// All that a picture is made of, in any order.
struct PictureContent {
  std::vector<SecurablePtr> securables;
  std::vector<PrincipalPtr> principals;
  std::vector<AccessTokenPtr> access_tokens;
  std::vector<BrowserSessionPtr> sessions;
  std::vector<AccessRequestPtr> requests{};
};

class Picture {
 public:
  // The whole at once: much quicker than one Put after the other.
  static Picture Of(PictureContent content);

  // Securables. Null: there is none.
  const Securable* Find(std::string_view id) const;
  SecurablePtr FindShared(std::string_view id) const;
  const Securable* FindChild(Kind kind, std::string_view parent, std::string_view name) const;
  // "sales", "sales.public", "sales.public.orders"; null for a name of too many or too few parts.
  const Securable* FindByName(Kind kind, std::string_view full_name) const;
  // The name that FindByName finds it by.
  std::string FullName(const Securable& securable) const;
  // The securable itself and all above it, up to the metastore.
  std::vector<const Securable*> Chain(const Securable& securable) const;
  const Securable& metastore() const { return *metastore_; }
  bool has_metastore() const { return metastore_ != nullptr; }

  // Calls `visit` with the children of `parent`, by folded name, behind the one called `after`
  // (empty: from the first), until it returns false.
  void VisitChildren(Kind kind, std::string_view parent, std::string_view after,
                     const std::function<bool(const SecurablePtr&)>& visit) const;
  size_t CountChildren(Kind kind, std::string_view parent) const;
  // Of a kind, wherever they are.
  size_t Count(Kind kind) const { return counts_.at(static_cast<size_t>(kind)); }

  // All securables, by id.
  void VisitSecurables(const std::function<bool(const SecurablePtr&)>& visit) const;

  // Shares that are granted to a recipient, by folded name; grants that have ended are among them.
  void VisitSharesOf(std::string_view recipient,
                     const std::function<bool(const Securable& share)>& visit) const;
  // Shares in which an object, or the schema around it, was put.
  std::vector<const Securable*> SharesWith(std::string_view object) const;

  // The table or external location that `url` lies in or at, or that lies in `url`: an ancestor
  // first, then what is below. Null: none.
  const Securable* LocationAround(Kind kind, std::string_view url) const;
  const Securable* LocationBelow(Kind kind, std::string_view url) const;

  // Principals and tokens.
  const Principal* FindPrincipal(std::string_view id) const;
  const Principal* FindPrincipalByName(std::string_view name) const;
  void VisitPrincipals(PrincipalKind kind, std::string_view after_id,
                       const std::function<bool(const Principal&)>& visit) const;
  // Groups that hold `id` directly.
  const std::vector<Id>& GroupsOf(std::string_view id) const;
  // The name of a principal, as grants and owners are shown; its id where it is gone.
  std::string PrincipalName(std::string_view id) const;

  const AccessToken* FindAccessToken(const crypto::Digest& hash) const;
  const AccessToken* FindAccessTokenById(std::string_view id) const;
  std::vector<const AccessToken*> AccessTokensOf(std::string_view principal) const;

  struct RecipientTokenRef {
    SecurablePtr recipient;
    size_t index = 0;  // in Recipient::tokens
  };
  std::optional<RecipientTokenRef> FindRecipientToken(const crypto::Digest& hash) const;
  std::optional<RecipientTokenRef> FindActivation(const crypto::Digest& nonce_hash) const;

  // By the hash of its secret; whether it still counts is for catalog/sessions.h to say.
  const BrowserSession* FindSession(const crypto::Digest& hash) const;
  void VisitSessions(const std::function<bool(const BrowserSession&)>& visit) const;
  const RequestList& requests() const { return requests_; }

  // Numbers that change when anything does that decides about access: principals and their groups;
  // external locations; a catalog and what is below it. Two equal ones: nothing changed.
  uint64_t principals_version() const { return principals_version_; }
  uint64_t locations_version() const { return locations_version_; }
  uint64_t tree_version(std::string_view catalog_id) const;

  // Changes. The caller has checked the rules: a name is free, a parent there. A securable is
  // replaced by the one with its id.
  void Put(const SecurablePtr& securable);
  void EraseSecurable(std::string_view id);
  void Put(const PrincipalPtr& principal);
  void ErasePrincipal(std::string_view id);
  void Put(AccessTokenPtr token);
  void EraseAccessToken(std::string_view id);
  void Put(BrowserSessionPtr session);
  void EraseSession(const crypto::Digest& hash);
  void Put(AccessRequestPtr request) { requests_.Put(std::move(request)); }
  void EraseRequest(std::string_view id) { requests_.Erase(id); }

 private:
  void Index(const SecurablePtr& securable);
  void IndexTokens(const SecurablePtr& securable);
  void Unindex(const Securable& securable);
  void IndexShare(const Securable* before, const Securable* after);
  void IndexMembers(const Principal* before, const Principal* after);
  void TouchTree(const Securable& securable);

  SecurablePtr metastore_;
  SortedMap<SecurablePtr> by_id_;
  SortedMap<SecurablePtr> by_name_;                  // kind, parent, folded name
  SortedMap<SecurablePtr> by_location_;              // kind, url with '/' at its end
  SortedMap<Id> by_grantee_;                         // recipient, folded name of the share -> share
  SortedMap<Id> by_shared_object_;                   // object, share -> share
  SortedMap<RecipientTokenRef> by_recipient_token_;  // hash
  SortedMap<RecipientTokenRef> by_activation_;       // hash
  SortedMap<size_t> child_counts_;                   // kind, parent
  std::array<size_t, 9> counts_{};                   // kind
  SortedMap<uint64_t> tree_versions_;                // catalog
  SortedMap<PrincipalPtr> principals_;
  SortedMap<Id> principal_by_name_;  // folded
  SortedMap<std::vector<Id>> groups_of_;
  SortedMap<AccessTokenPtr> access_tokens_;
  SortedMap<AccessTokenPtr> access_token_by_hash_;
  SortedMap<BrowserSessionPtr> sessions_;  // hash
  RequestList requests_;
  uint64_t principals_version_ = 0;
  uint64_t locations_version_ = 0;
};

}  // namespace sluice::catalog
