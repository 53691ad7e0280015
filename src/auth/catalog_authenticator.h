// auth/catalog_authenticator.h -- who presents this token, by the catalog?
//
// Recipients come with the token that their activation link gave them, administrators with a
// personal access token, either of them with a session that stands for it; neither opens the
// other's routes. All are looked up by their SHA-256 in
// the catalog's picture, so that a token that was taken back is refused by the next request, and no
// request waits for a database.
//
// The look-up is not constant in time, and need not be: what its time could tell is how far a
// stored hash agrees with the hash of what the caller sent. Nobody can choose tokens by the
// beginning of their hash to any depth, and whoever knew a whole stored hash would still have to
// find the 256 random bits behind it.
#pragma once

#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "auth/bearer.h"
#include "base/ip_network.h"
#include "catalog/catalog.h"

namespace sluice::auth {

// How Authenticate writes who called.
inline constexpr std::string_view kRecipientPrincipal = "recipient:";
inline constexpr std::string_view kUserPrincipal = "user:";

class CatalogAuthenticator final : public Authenticator {
 public:
  // `catalog` must outlive it.
  explicit CatalogAuthenticator(const catalog::Catalog& catalog) : catalog_(catalog) {}

  Result<std::string> Authenticate(const net::Request& request, net::Access access) const override;
  Status Admit(std::string_view principal, const net::Request& request) const override;

  // For who comes with a link of ours in place of a token: whether the principal is still there and
  // may come from this address, the metastore shares with such as it, and no token that ended at
  // once may have brought the link. Links tell whole seconds: those of that second are void, too.
  // Errors: kPermissionDenied
  Status CheckLink(std::string_view principal, TimePoint issued, const IpAddress& from) const;
  // The same but for the link.
  Status CheckPrincipal(std::string_view principal, const IpAddress& from) const;

 private:
  Status CheckAddress(const catalog::SecurablePtr& recipient, const IpAddress& from) const;

  // The list of a recipient as it was read from this state of it.
  struct ReadList {
    catalog::SecurablePtr of;
    IpList list;
  };

  const catalog::Catalog& catalog_;
  mutable std::shared_mutex mutex_;
  mutable std::unordered_map<catalog::Id, ReadList> lists_;
};

}  // namespace sluice::auth
