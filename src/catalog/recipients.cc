#include "catalog/recipients.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>

#include "base/encoding.h"
#include "catalog/access.h"
#include "catalog/activation.h"
#include "catalog/errors.h"
#include "catalog/quotas.h"
#include "catalog/securables.h"

namespace sluice::catalog {
namespace {

constexpr std::string_view kAllowedIpRanges = "allowed_ip_ranges";
constexpr std::string_view kNameProperty = "databricks.name";
constexpr std::string_view kMetastoreProperty = "databricks.metastoreId";
constexpr std::array kPredefined{kNameProperty, kMetastoreProperty,
                                 std::string_view("databricks.accountId")};
// As Delta Sharing's protocol has them for shares.
constexpr size_t kMostProperties = 50;
constexpr size_t kLongestKey = 255;
constexpr size_t kLongestValue = 8192;  // a hundred networks fit

// A recipient for somebody who may do all of `actions` with it.
Result<SecurablePtr> Reach(const Picture& picture, const Caller& caller, TimePoint now,
                           std::string_view name, std::initializer_list<Action> actions) {
  const Access access(picture, caller.principal, now);
  const Securable* found = picture.FindByName(Kind::kRecipient, name);
  if (found == nullptr || !access.May(Action::kSee, *found).allowed) {
    return DoesNotExist(Kind::kRecipient, name);
  }
  for (const Action action : actions) {
    const Decision decision = access.May(action, *found);
    if (!decision.allowed) return Denied(decision);
  }
  return picture.FindShared(found->id);
}

Result<SecurablePtr> Reach(const Edit& edit, std::string_view name,
                           std::initializer_list<Action> actions) {
  return Reach(edit.picture(), edit.caller(), edit.now(), name, actions);
}

// Whether a recipient may have this name; `self` has it already.
Status CheckNewName(const Edit& edit, const std::string& name, const Id& self) {
  TRY(CheckName(name));
  const Securable* other = edit.picture().FindByName(Kind::kRecipient, name);
  if (other != nullptr && other->id != self) return AlreadyExists(Kind::kRecipient, name);
  return {};
}

Status CheckProperties(const Properties& properties) {
  if (properties.size() > kMostProperties) {
    return InvalidParameter(fmt::format("A recipient has at most {} properties.", kMostProperties));
  }
  for (const auto& [key, value] : properties) {
    if (key.empty() || key.size() > kLongestKey || value.size() > kLongestValue) {
      return InvalidParameter(
          fmt::format("The key of a property has 1 to {} bytes, its value at most {}.", kLongestKey,
                      kLongestValue));
    }
    const auto is_key = [&](std::string_view name) { return EqualsIgnoreCase(name, key); };
    if (std::ranges::any_of(kPredefined, is_key)) {
      return InvalidParameter(
          fmt::format("The property '{}' is predefined and cannot be set.", key));
    }
  }
  return {};
}

Status CheckExpiration(const std::optional<TimePoint>& expires_at, TimePoint now) {
  if (!expires_at || *expires_at > now) return {};
  return InvalidParameter("expiration_time must be in the future.");
}

// What holds for a recipient whichever way it came to be.
Status CheckWhole(const Securable& recipient) {
  TRY(CheckProperties(recipient.properties));
  TRY(AddressesOf(recipient));
  return {};
}

// That no other recipient stands for the same metastore.
Status CheckMetastoreIsNew(const Picture& picture, const std::string& global_id) {
  Status status;
  picture.VisitChildren(
      Kind::kRecipient, picture.metastore().id, "", [&](const SecurablePtr& other) {
        const auto& id = other->As<Recipient>().data_recipient_global_metastore_id;
        if (id.empty() || !EqualsIgnoreCase(id, global_id)) return true;
        status = Fail(Code::kAlreadyExists,
                      fmt::format("There is already a Recipient object '{}' with the same sharing "
                                  "identifier '{}'",
                                  other->name, global_id),
                      {}, "RECIPIENT_ALREADY_EXISTS");
        return false;
      });
  return status;
}

Status CheckAuthentication(const NewRecipient& recipient) {
  const std::string& global_id = recipient.data_recipient_global_metastore_id;
  switch (recipient.authentication_type) {
    case AuthenticationType::kToken:
      if (global_id.empty() && recipient.sharing_code.empty()) return {};
      return InvalidParameter(
          "data_recipient_global_metastore_id and sharing_code are for recipients with "
          "authentication_type DATABRICKS.");
    case AuthenticationType::kDatabricks:
      if (global_id.empty()) {
        return MissingField("CreateRecipient", "data_recipient_global_metastore_id");
      }
      TRY(ParseGlobalMetastoreId(global_id));
      return {};
    case AuthenticationType::kOidcFederation:
      return Fail(Code::kUnsupported, "authentication_type OIDC_FEDERATION is not supported yet.");
    case AuthenticationType::kOauthClientCredentials:
      return Fail(Code::kUnsupported,
                  "authentication_type OAUTH_CLIENT_CREDENTIALS is not supported yet.");
  }
  return {};
}

Result<Id> OwnerOf(const Edit& edit, const std::optional<std::string>& name) {
  if (name) {
    const Principal* owner = edit.picture().FindPrincipalByName(*name);
    if (owner == nullptr) return NoSuchPrincipal(*name);
    return owner->id;
  }
  // What the server makes itself is its administrators'.
  if (edit.caller().principal.empty()) return edit.picture().metastore().owner;
  return edit.caller().principal;
}

Status CheckRate(const std::optional<int64_t>& requests_per_second, int64_t least) {
  if (!requests_per_second ||
      (*requests_per_second >= least && *requests_per_second <= kMostRequestsPerSecond)) {
    return {};
  }
  return InvalidParameter(fmt::format("requests_per_second must be a whole number from {} to {}.",
                                      least, kMostRequestsPerSecond));
}

// Tokens that live end no later than `end`.
void EndTokens(Recipient& recipient, TimePoint end, const Edit& edit) {
  for (RecipientToken& token : recipient.tokens) {
    if (!token.hash || (token.expires_at && *token.expires_at <= end)) continue;
    token.expires_at = end;
    token.updated_at = edit.now();
    token.updated_by = edit.caller().name;
  }
}

void Apply(const RecipientChange& change, Securable& securable, const Edit& edit) {
  auto& recipient = securable.As<Recipient>();
  if (change.new_name) securable.name = *change.new_name;
  if (change.comment) securable.comment = *change.comment;
  if (change.properties) securable.properties = *change.properties;
  if (change.requests_per_second) {
    recipient.requests_per_second = change.requests_per_second;
    if (*change.requests_per_second == 0) recipient.requests_per_second.reset();
  }
  if (change.allowed_ip_addresses) recipient.allowed_ip_addresses = *change.allowed_ip_addresses;
  if (change.denied_ip_addresses) recipient.denied_ip_addresses = *change.denied_ip_addresses;
  if (change.expires_at) {
    recipient.expires_at = change.expires_at;
    EndTokens(recipient, *change.expires_at, edit);
  }
}

Status Update(Edit& edit, std::string_view name, const RecipientChange& change,
              SecurablePtr& result) {
  const bool modifies = change.new_name || change.comment || change.expires_at ||
                        change.allowed_ip_addresses || change.denied_ip_addresses ||
                        change.properties || change.requests_per_second || !change.owner;
  const SecurablePtr before = TRY(Reach(edit, name, {}));
  if (modifies) TRY(Reach(edit, name, {Action::kModify}));
  if (change.owner) TRY(Reach(edit, name, {Action::kChangeOwner}));
  if (change.new_name && *change.new_name != before->name) {
    TRY(Reach(edit, name, {Action::kRename}));
    TRY(CheckNewName(edit, *change.new_name, before->id));
  }
  TRY(CheckExpiration(change.expires_at, edit.now()));
  TRY(CheckRate(change.requests_per_second, 0));
  Securable after = *before;
  if (change.owner) after.owner = TRY(OwnerOf(edit, change.owner));
  Apply(change, after, edit);
  TRY(CheckWhole(after));
  const Id id = after.id;
  edit.Update(std::move(after));
  result = edit.picture().FindShared(id);
  return {};
}

}  // namespace

Result<SecurablePtr> CreateRecipient(Catalog& catalog, const Caller& caller, NewRecipient recipient,
                                     std::chrono::seconds link_lifetime) {
  if (recipient.name.empty()) return MissingField("CreateRecipient", "name");
  TRY(CheckAuthentication(recipient));
  SecurablePtr result;
  TRY(catalog.Change(caller, [&](Edit& edit) -> Status {
    const Access access(edit.picture(), caller.principal, edit.now());
    const Decision may = access.MayCreate(Kind::kRecipient, edit.picture().metastore());
    if (!may.allowed) return Denied(may);
    TRY(CheckNewName(edit, recipient.name, {}));
    TRY(CheckScope(edit.picture(), recipient.authentication_type));
    TRY(CheckQuota(edit.picture(), catalog.quotas(), Kind::kRecipient, edit.picture().metastore()));
    TRY(CheckExpiration(recipient.expires_at, edit.now()));
    TRY(CheckRate(recipient.requests_per_second, 1));
    const std::string& global_id = recipient.data_recipient_global_metastore_id;
    if (!global_id.empty()) TRY(CheckMetastoreIsNew(edit.picture(), global_id));
    Recipient details{.authentication_type = recipient.authentication_type,
                      .allowed_ip_addresses = recipient.allowed_ip_addresses,
                      .denied_ip_addresses = recipient.denied_ip_addresses,
                      .expires_at = recipient.expires_at,
                      .requests_per_second = recipient.requests_per_second,
                      .data_recipient_global_metastore_id = global_id,
                      .sharing_code = recipient.sharing_code};
    if (recipient.authentication_type == AuthenticationType::kToken) {
      details.tokens.push_back(NewActivation(catalog, edit, link_lifetime));
    }
    Securable made{.parent = edit.picture().metastore().id,
                   .name = recipient.name,
                   .comment = recipient.comment,
                   .properties = recipient.properties,
                   .details = std::move(details)};
    made.owner = TRY(OwnerOf(edit, recipient.owner));
    TRY(CheckWhole(made));
    result = edit.picture().FindShared(edit.Create(std::move(made)));
    return {};
  }));
  return result;
}

Result<SecurablePtr> FindRecipient(const Catalog& catalog, const Caller& caller,
                                   std::string_view name) {
  const auto picture = catalog.Now();
  return Reach(*picture, caller, catalog.clock().Now(), name, {});
}

Result<SecurablePtr> UpdateRecipient(Catalog& catalog, const Caller& caller, std::string_view name,
                                     const RecipientChange& change) {
  SecurablePtr result;
  TRY(catalog.Change(caller, [&](Edit& edit) { return Update(edit, name, change, result); }));
  return result;
}

Status DeleteRecipient(Catalog& catalog, const Caller& caller, std::string_view name) {
  return catalog.Change(caller, [&](Edit& edit) -> Status {
    const SecurablePtr recipient = TRY(Reach(edit, name, {Action::kDelete}));
    std::vector<SecurablePtr> shares;
    edit.picture().VisitSharesOf(recipient->id, [&](const Securable& share) {
      shares.push_back(edit.picture().FindShared(share.id));
      return true;
    });
    for (const SecurablePtr& share : shares) {
      Securable changed = *share;
      std::erase_if(changed.grants,
                    [&](const Grant& grant) { return grant.principal == recipient->id; });
      edit.Update(std::move(changed));
    }
    edit.EraseSecurable(recipient->id);
    return {};
  });
}

Result<SecurablePtr> RotateRecipientToken(Catalog& catalog, const Caller& caller,
                                          std::string_view name,
                                          std::chrono::seconds existing_lives_on,
                                          std::chrono::seconds link_lifetime) {
  if (existing_lives_on.count() < 0) {
    return InvalidParameter("existing_token_expire_in_seconds must not be negative.");
  }
  // It can only shorten, and nothing lives longer: so that the sum below stays in range.
  existing_lives_on = std::min<std::chrono::seconds>(existing_lives_on, kLongestTokenLife);
  SecurablePtr result;
  TRY(catalog.Change(caller, [&](Edit& edit) -> Status {
    // Whoever gets the new link is the recipient: for its owner alone, as its end is.
    const SecurablePtr before = TRY(Reach(edit, name, {Action::kDelete}));
    Securable after = *before;
    auto& recipient = after.As<Recipient>();
    if (recipient.authentication_type != AuthenticationType::kToken) {
      return InvalidParameter(fmt::format("Recipient '{}' does not use tokens.", name));
    }
    TRY(CheckScope(edit.picture(), recipient.authentication_type));
    const auto is_over = [&](const RecipientToken& token) {
      return !token.hash || (token.expires_at && *token.expires_at <= edit.now());
    };
    std::erase_if(recipient.tokens, is_over);
    if (recipient.tokens.size() > 1) {
      return InvalidParameter(
          fmt::format("There are already two active tokens for recipient {}", before->name));
    }
    EndTokens(recipient, edit.now() + existing_lives_on, edit);
    // Whoever has a token that must end now has links as well.
    if (existing_lives_on.count() == 0) recipient.links_void_before = edit.now();
    std::erase_if(recipient.tokens, is_over);
    recipient.tokens.push_back(NewActivation(catalog, edit, link_lifetime));
    edit.Update(std::move(after));
    result = edit.picture().FindShared(before->id);
    return {};
  }));
  return result;
}

bool IsBoundToNetworks(const Securable& recipient) {
  const auto& details = recipient.As<Recipient>();
  return !details.allowed_ip_addresses.empty() || !details.denied_ip_addresses.empty() ||
         std::ranges::any_of(recipient.properties, [](const auto& property) {
           return EqualsIgnoreCase(property.first, kAllowedIpRanges);
         });
}

Result<IpList> AddressesOf(const Securable& recipient) {
  const auto& details = recipient.As<Recipient>();
  // Too many are as wrong as one that is none: no client should try again.
  const auto good = [](Result<std::vector<IpNetwork>> parsed) -> Result<std::vector<IpNetwork>> {
    if (!parsed) return InvalidParameter("IP access list: " + parsed.error().message);
    return parsed;
  };
  IpList list;
  list.allowed = TRY(good(ParseIpNetworks(details.allowed_ip_addresses)));
  list.denied = TRY(good(ParseIpNetworks(details.denied_ip_addresses)));
  for (const auto& [key, value] : recipient.properties) {
    if (!EqualsIgnoreCase(key, kAllowedIpRanges)) continue;
    for (const IpNetwork& network : TRY(good(ParseIpNetworks(value)))) {
      list.allowed.push_back(network);
    }
  }
  if (list.allowed.size() > kMostNetworks) {
    return InvalidParameter(
        fmt::format("IP access list: at most {} addresses and networks, {} were given",
                    kMostNetworks, list.allowed.size()));
  }
  return list;
}

Status CheckAddress(const Securable& recipient, const IpAddress& from) {
  const Result<IpList> list = AddressesOf(recipient);
  if (!list || !list->Allows(from)) return AddressRefused();
  return {};
}

Status CheckScope(const Picture& picture, AuthenticationType type) {
  const bool external = picture.metastore().As<Metastore>().sharing_scope != kInternalScope;
  if (external || type == AuthenticationType::kDatabricks) return {};
  return ExternalSharingDisabled();
}

Properties AllProperties(const Securable& recipient) {
  Properties properties = recipient.properties;
  properties[std::string(kNameProperty)] = recipient.name;
  const auto id =
      ParseGlobalMetastoreId(recipient.As<Recipient>().data_recipient_global_metastore_id);
  if (id) properties[std::string(kMetastoreProperty)] = id->metastore;
  return properties;
}

Result<GlobalMetastoreId> ParseGlobalMetastoreId(std::string_view text) {
  const auto is_word = [](std::string_view word) {
    return !word.empty() && word.size() <= 63 && std::ranges::all_of(word, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '-' || c == '_';
    });
  };
  const auto is_uuid = [](std::string_view word) {
    if (word.size() != 36) return false;
    for (size_t i = 0; i < word.size(); ++i) {
      const char c = word[i];
      const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
      const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
      if (dash ? c != '-' : !hex) return false;
    }
    return true;
  };
  const size_t first = text.find(':');
  const size_t second = text.find(':', first == std::string_view::npos ? first : first + 1);
  if (second != std::string_view::npos) {
    const std::string_view cloud = text.substr(0, first);
    const std::string_view region = text.substr(first + 1, second - first - 1);
    const std::string_view metastore = text.substr(second + 1);
    if (is_word(cloud) && is_word(region) && is_uuid(metastore)) {
      return GlobalMetastoreId{std::string(cloud), std::string(region), std::string(metastore)};
    }
  }
  return InvalidParameter(
      "data_recipient_global_metastore_id must have the form <cloud>:<region>:<metastore uuid>.");
}

}  // namespace sluice::catalog
