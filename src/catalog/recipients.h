// catalog/recipients.h -- recipients: whom shares are granted to, and from where they may come.
//
// A TOKEN recipient fetches a bearer token through an activation link (catalog/activation.h). A
// DATABRICKS recipient is a metastore elsewhere, known by "cloud:region:uuid"; it is kept so that
// shares can be granted to it.
//
// Source: Databricks, "Manage data recipients", "Create a recipient object"; databricks-sdk,
// sharing.RecipientsAPI. Who may: kCreateRecipient makes one, its owner changes it, USE_RECIPIENT
// and the administrators see all. Whom a caller may not see does not exist.
//
// A property "allowed_ip_ranges" counts as allowed addresses, in addition to those of the list:
// people write it so, and a comment that looks like a lock would be worse than none.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_network.h"
#include "catalog/catalog.h"

namespace sluice::catalog {

struct NewRecipient {
  std::string name{};
  AuthenticationType authentication_type = AuthenticationType::kToken;
  std::optional<std::string> owner{};  // by name; nothing: the caller
  std::string comment{};
  std::optional<TimePoint> expires_at{};
  std::vector<std::string> allowed_ip_addresses{};
  std::vector<std::string> denied_ip_addresses{};
  Properties properties{};
  std::optional<int64_t> requests_per_second{};
  std::string data_recipient_global_metastore_id{};
  std::string sharing_code{};
};

// What is given is set; lists and the map are replaced as a whole.
struct RecipientChange {
  std::optional<std::string> new_name{};
  std::optional<std::string> owner{};
  std::optional<std::string> comment{};
  // Of the tokens to come; those that live end no later.
  std::optional<TimePoint> expires_at{};
  std::optional<std::vector<std::string>> allowed_ip_addresses{};
  std::optional<std::vector<std::string>> denied_ip_addresses{};
  std::optional<Properties> properties{};
  // 0: the server's setting counts again.
  std::optional<int64_t> requests_per_second{};
};

// Of the rate limit that a recipient may have of its own.
inline constexpr int64_t kMostRequestsPerSecond = 100'000;

// How long an activation link waits, where nothing else is set.
inline constexpr std::chrono::hours kActivationLifetime{72};

// A recipient of tokens gets an activation link that ends after `link_lifetime`.
// Errors: kInvalidArgument, kAlreadyExists, kPermissionDenied, that of CheckScope
//         kUnsupported  a way to authenticate that does not exist here yet
Result<SecurablePtr> CreateRecipient(Catalog& catalog, const Caller& caller, NewRecipient recipient,
                                     std::chrono::seconds link_lifetime = kActivationLifetime);
// Errors: kNotFound
Result<SecurablePtr> FindRecipient(const Catalog& catalog, const Caller& caller,
                                   std::string_view name);
// Errors: as above
Result<SecurablePtr> UpdateRecipient(Catalog& catalog, const Caller& caller, std::string_view name,
                                     const RecipientChange& change);
// Its grants and tokens go with it, at once.
Status DeleteRecipient(Catalog& catalog, const Caller& caller, std::string_view name);
// Makes a new activation link. An older one that was not opened is void; a token that lives goes on
// for `existing_lives_on` at most, not at all for 0.
// Errors: kInvalidArgument  two tokens live; not a recipient of tokens; a negative time
//         that of CheckScope
Result<SecurablePtr> RotateRecipientToken(Catalog& catalog, const Caller& caller,
                                          std::string_view name,
                                          std::chrono::seconds existing_lives_on,
                                          std::chrono::seconds link_lifetime = kActivationLifetime);

// Whether there is an IP access list at all.
bool IsBoundToNetworks(const Securable& recipient);
// From where the recipient may come. Errors: kInvalidArgument  says which entry is none
Result<IpList> AddressesOf(const Securable& recipient);
// Errors: kPermissionDenied
Status CheckAddress(const Securable& recipient, const IpAddress& from);

// Whether the metastore's delta_sharing_scope lets such recipients be made, and come. INTERNAL is
// for metastores alone (DATABRICKS); who comes with a token is refused, whatever it was given
// before, until the scope is INTERNAL_AND_EXTERNAL again. Nothing is lost meanwhile.
// Errors: kPermissionDenied  "FEATURE_DISABLED"
Status CheckScope(const Picture& picture, AuthenticationType type);

// Its properties with those that every recipient has: databricks.name and, of a metastore
// elsewhere, databricks.metastoreId. For filters by recipient.
Properties AllProperties(const Securable& recipient);

// "aws:us-west-2:19a84bee-54bc-43a2-87de-023d0ec16016". Errors: kInvalidArgument
struct GlobalMetastoreId {
  std::string cloud;
  std::string region;
  std::string metastore;
};
Result<GlobalMetastoreId> ParseGlobalMetastoreId(std::string_view text);

}  // namespace sluice::catalog
