#include "auth/catalog_authenticator.h"

#include <mutex>

#include "auth/errors.h"
#include "auth/session_cookie.h"
#include "catalog/errors.h"
#include "catalog/recipients.h"
#include "catalog/sessions.h"

namespace sluice::auth {
namespace {

// Of lists that are kept; more recipients with lists than a catalog may have recipients.
constexpr size_t kMostLists = 65'536;

std::string Principal(std::string_view prefix, std::string_view id) {
  std::string principal(prefix);
  principal += id;
  return principal;
}

// The hash of the token that was sent, or of the one that a session stands for.
Result<crypto::Digest> TokenIn(const net::Request& request, const catalog::Picture& picture,
                               TimePoint now) {
  if (IsFromPortal(request)) {
    const auto secret = SessionSecret(request);
    const auto token = secret ? catalog::TokenOfSession(picture, *secret, now) : std::nullopt;
    if (!token) return catalog::NoSession();
    return *token;
  }
  const std::optional<std::string_view> token =
      BearerToken(request.headers.Find("authorization").value_or(""));
  if (!token) return NoToken();
  return crypto::Sha256(*token);
}

}  // namespace

Result<std::string> CatalogAuthenticator::Authenticate(const net::Request& request,
                                                       net::Access access) const {
  if (access == net::Access::kRecipientOrUser) {
    Result<std::string> user = Authenticate(request, net::Access::kUser);
    return user ? user : Authenticate(request, net::Access::kRecipient);
  }
  const auto picture = catalog_.Now();
  const TimePoint now = catalog_.clock().Now();
  const crypto::Digest token = TRY(TokenIn(request, *picture, now));
  if (access == net::Access::kRecipient) {
    const auto found = catalog::RecipientOfToken(*picture, token, now);
    if (found) return Principal(kRecipientPrincipal, found->recipient->id);
  }
  if (access == net::Access::kUser) {
    const auto found = catalog::UserOfToken(*picture, token, now);
    if (found) return Principal(kUserPrincipal, found->user->id);
  }
  if (IsFromPortal(request)) return catalog::NoSession();
  return UnknownToken();
}

Status CatalogAuthenticator::Admit(std::string_view principal, const net::Request& request) const {
  return CheckPrincipal(principal, request.client);
}

Status CatalogAuthenticator::CheckLink(std::string_view principal, TimePoint issued,
                                       const IpAddress& from) const {
  TRY(CheckPrincipal(principal, from));
  if (!principal.starts_with(kRecipientPrincipal)) return {};
  const auto found = catalog_.Now()->FindShared(principal.substr(kRecipientPrincipal.size()));
  if (found == nullptr || found->kind() != catalog::Kind::kRecipient) return NoLongerThere();
  const auto& void_before = found->As<catalog::Recipient>().links_void_before;
  if (void_before && issued < *void_before) return LinkIsVoid();
  return {};
}

Status CatalogAuthenticator::CheckPrincipal(std::string_view principal,
                                            const IpAddress& from) const {
  const auto picture = catalog_.Now();
  if (principal.starts_with(kRecipientPrincipal)) {
    const auto found = picture->FindShared(principal.substr(kRecipientPrincipal.size()));
    if (found != nullptr && found->kind() == catalog::Kind::kRecipient) {
      TRY(catalog::CheckScope(*picture, found->As<catalog::Recipient>().authentication_type));
      return CheckAddress(found, from);
    }
  }
  if (principal.starts_with(kUserPrincipal)) {
    const catalog::Principal* user =
        picture->FindPrincipal(principal.substr(kUserPrincipal.size()));
    if (user != nullptr && user->active) return {};
  }
  return NoLongerThere();
}

Status CatalogAuthenticator::CheckAddress(const catalog::SecurablePtr& recipient,
                                          const IpAddress& from) const {
  // Most are not: they never touch the lists that are kept.
  if (!catalog::IsBoundToNetworks(*recipient)) return {};
  {
    const std::shared_lock lock(mutex_);
    const auto kept = lists_.find(recipient->id);
    // The same object, not an equal one: it is held here, so that no other can lie in its place.
    if (kept != lists_.end() && kept->second.of == recipient) {
      return kept->second.list.Allows(from) ? Status() : catalog::AddressRefused();
    }
  }
  Result<IpList> list = catalog::AddressesOf(*recipient);
  // It was readable when it was set. If it is not any more, nobody comes in.
  if (!list) return catalog::AddressRefused();
  const bool allowed = list->Allows(from);
  const std::unique_lock lock(mutex_);
  if (lists_.size() >= kMostLists) lists_.clear();
  lists_.insert_or_assign(recipient->id, ReadList{recipient, *std::move(list)});
  return allowed ? Status() : catalog::AddressRefused();
}

}  // namespace sluice::auth
