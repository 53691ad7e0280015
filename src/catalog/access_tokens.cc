#include "catalog/access_tokens.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "catalog/access.h"
#include "catalog/errors.h"
#include "catalog/securables.h"

namespace sluice::catalog {
namespace {

constexpr std::string_view kAdmin = "admin";
constexpr std::string_view kAdminTokenComment = "admin-token";

bool IsAdministrator(const Picture& picture, const Id& user) {
  const Principal* admins = picture.FindPrincipalByName(kAdmins);
  return admins != nullptr && std::ranges::find(admins->members, user) != admins->members.end();
}

Id AdminUser(Edit& edit) {
  std::string name = AdminUserName(edit.picture());
  const Principal* user = edit.picture().FindPrincipalByName(name);
  if (user == nullptr) {
    return edit.Create(Principal{
        .kind = PrincipalKind::kUser, .name = std::move(name), .display_name = "Administrator"});
  }
  const Id id = user->id;
  if (!user->active) {
    Principal changed = *user;
    changed.active = true;
    edit.Update(std::move(changed));
  }
  return id;
}

// The metastore belongs to the administrators again, and `user` is one.
void MakeAdministrator(Edit& edit, const Id& user) {
  Principal admins;
  if (const Principal* group = edit.picture().FindPrincipalByName(kAdmins)) {
    admins = *group;
  } else {
    admins = {.kind = PrincipalKind::kGroup,
              .name = std::string(kAdmins),
              .display_name = std::string(kAdmins)};
    admins.id = edit.Create(admins);
  }
  if (std::ranges::find(admins.members, user) == admins.members.end()) {
    admins.members.push_back(user);
    edit.Update(admins);
  }
  if (edit.picture().metastore().owner != admins.id) {
    Securable metastore = edit.picture().metastore();
    metastore.owner = admins.id;
    edit.Update(std::move(metastore));
  }
}

constexpr size_t kLongestComment = 4096;
// Longer is a mistake, and beyond what a time can hold soon after.
constexpr std::chrono::hours kLongestLifetime{24 * 36525};

Result<Id> OwnerOfToken(const Edit& edit, const AccessTokenRequest& request) {
  const Picture& picture = edit.picture();
  const Principal* owner = request.principal ? picture.FindPrincipalByName(*request.principal)
                                             : picture.FindPrincipal(edit.caller().principal);
  const bool own = owner != nullptr && owner->id == edit.caller().principal;
  if (!own && !AccessOf(edit).IsMetastoreAdmin()) {
    return Fail(Code::kPermissionDenied, "Only administrators can create tokens for others.");
  }
  if (owner == nullptr) return NoSuchPrincipal(request.principal.value_or(""));
  if (owner->kind == PrincipalKind::kGroup) {
    return InvalidParameter("A token is for a user or a service principal, not for a group.");
  }
  if (!owner->active) {
    return InvalidParameter(fmt::format("'{}' is deactivated.", owner->name));
  }
  return owner->id;
}

Status CheckRequest(const AccessTokenRequest& request) {
  if (request.comment.size() > kLongestComment) {
    return InvalidParameter(
        fmt::format("comment must not be longer than {} bytes.", kLongestComment));
  }
  if (!request.lifetime) return {};
  if (*request.lifetime <= std::chrono::seconds(0) || *request.lifetime > kLongestLifetime) {
    return InvalidParameter("lifetime_seconds must be positive, and at most a century.");
  }
  return {};
}

// Those that have expired go; the others must leave room for one.
Status MakeRoom(Edit& edit, const Id& principal) {
  std::vector<Id> expired;
  size_t living = 0;
  for (const AccessToken* token : edit.picture().AccessTokensOf(principal)) {
    if (token->expires_at && *token->expires_at <= edit.now()) {
      expired.push_back(token->id);
    } else {
      ++living;
    }
  }
  if (living >= kMostAccessTokens) {
    return Fail(
        Code::kInvalidArgument,
        fmt::format("There may be {} tokens at most; delete some first.", kMostAccessTokens), {},
        "QUOTA_EXCEEDED");
  }
  for (const Id& id : expired) edit.EraseAccessToken(id);
  return {};
}

Result<const AccessToken*> FindToken(const Edit& edit, std::string_view id) {
  const AccessToken* token = edit.picture().FindAccessTokenById(id);
  const bool may = token != nullptr && (token->principal == edit.caller().principal ||
                                        AccessOf(edit).IsMetastoreAdmin());
  if (may) return token;
  return Fail(Code::kNotFound, fmt::format("Token with id {} does not exist.", id));
}

}  // namespace

Result<NewAccessToken> CreateAccessToken(Catalog& catalog, const Caller& caller,
                                         const AccessTokenRequest& request) {
  TRY(CheckRequest(request));
  NewAccessToken made;
  TRY(catalog.Change(caller, [&](Edit& edit) -> Status {
    const Id owner = TRY(OwnerOfToken(edit, request));
    TRY(MakeRoom(edit, owner));
    made = MakeAccessToken(edit, owner, request.comment, request.lifetime);
    return {};
  }));
  return made;
}

std::vector<AccessToken> ListAccessTokens(const Catalog& catalog, const Caller& caller) {
  const auto picture = catalog.Now();
  std::vector<AccessToken> tokens;
  for (const AccessToken* token : picture->AccessTokensOf(caller.principal)) {
    tokens.push_back(*token);
  }
  std::ranges::stable_sort(tokens, {}, &AccessToken::created_at);
  return tokens;
}

Result<AccessToken> UpdateAccessToken(Catalog& catalog, const Caller& caller, std::string_view id,
                                      const std::string& comment) {
  TRY(CheckRequest({.comment = comment}));
  AccessToken updated;
  TRY(catalog.Change(caller, [&](Edit& edit) -> Status {
    updated = *TRY(FindToken(edit, id));
    updated.comment = comment;
    edit.Update(updated);
    return {};
  }));
  return updated;
}

Status DeleteAccessToken(Catalog& catalog, const Caller& caller, std::string_view id) {
  return catalog.Change(caller, [&](Edit& edit) -> Status {
    edit.EraseAccessToken(Id(TRY(FindToken(edit, id))->id));
    return {};
  });
}

NewAccessToken MakeAccessToken(Edit& edit, const Id& principal, std::string comment,
                               std::optional<std::chrono::seconds> lifetime) {
  NewAccessToken made;
  made.token = std::string(kAccessTokenPrefix) + Base64Url(edit.random().Bytes(32));
  AccessToken token{
      .principal = principal, .hash = crypto::Sha256(made.token), .comment = std::move(comment)};
  if (lifetime) token.expires_at = edit.now() + *lifetime;
  const Id id = edit.Create(std::move(token));
  made.info = *edit.picture().FindAccessTokenById(id);
  return made;
}

// The user "admin". Where a group or a service principal has that name, which must not get the
// rights of one person, the first of "admin-2", "admin-3" ... that is free or that this made
// before.
std::string AdminUserName(const Picture& picture) {
  const auto suits = [&](const Principal& who) {
    return who.kind == PrincipalKind::kUser &&
           (EqualsIgnoreCase(who.name, kAdmin) || IsAdministrator(picture, who.id));
  };
  std::string name(kAdmin);
  const Principal* user = picture.FindPrincipalByName(name);
  for (int i = 2; user != nullptr && !suits(*user); ++i) {
    name = fmt::format("{}-{}", kAdmin, i);
    user = picture.FindPrincipalByName(name);
  }
  return name;
}

Result<AdminToken> ResetAdminToken(Catalog& catalog) {
  AdminToken made;
  TRY(catalog.Change(Caller{.principal = {}, .name = "sluice"}, [&](Edit& edit) -> Status {
    const Id user = AdminUser(edit);
    MakeAdministrator(edit, user);
    std::vector<Id> old;
    for (const AccessToken* before : edit.picture().AccessTokensOf(user)) {
      if (before->comment == kAdminTokenComment) old.push_back(before->id);
    }
    for (const Id& id : old) edit.EraseAccessToken(id);
    made = {
        .user = edit.picture().PrincipalName(user),
        .token = MakeAccessToken(edit, user, std::string(kAdminTokenComment), std::nullopt).token};
    return {};
  }));
  return made;
}

}  // namespace sluice::catalog
