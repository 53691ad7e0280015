#include "catalog/credentials.h"

#include <fmt/format.h>

#include "base/json.h"
#include "catalog/errors.h"
#include "catalog/external_locations.h"
#include "catalog/quotas.h"

namespace sluice::catalog {
namespace {

std::string SealContext(const Id& credential) { return "storage credential " + credential; }

// External locations with this credential.
size_t CountLocations(const Picture& picture, const Id& credential, std::optional<UrlKind> kind) {
  size_t count = 0;
  picture.VisitChildren(Kind::kExternalLocation, picture.metastore().id, {},
                        [&](const SecurablePtr& one) {
                          const auto& location = one->As<ExternalLocation>();
                          const bool counts = !kind || KindOfUrl(location.url) == *kind;
                          if (location.credential == credential && counts) ++count;
                          return true;
                        });
  return count;
}

bool IsLocal(const Securable& credential) {
  return credential.As<StorageCredential>().type == CredentialType::kLocal;
}

std::unexpected<Error> LocalIsFixed() {
  return InvalidParameter(
      "The storage credential 'local' is built in: only its owner, comment and grants can be "
      "changed.");
}

// Locations that the credential is used for must stay readable with it, and those with directory
// access must have it still.
Status CheckStillFits(const Picture& picture, const Id& credential,
                      const StorageCredential& changed) {
  const CredentialType type = changed.type;
  for (const UrlKind kind :
       {UrlKind::kLocal, UrlKind::kS3, UrlKind::kAzure, UrlKind::kGoogle, UrlKind::kCloudflare}) {
    if (Fits(type, kind) || CountLocations(picture, credential, kind) == 0) continue;
    return InUse(
        "External locations use this storage credential for urls that the new kind of "
        "credential cannot read.");
  }
  Status lends;
  picture.VisitChildren(
      Kind::kExternalLocation, picture.metastore().id, {}, [&](const SecurablePtr& location) {
        const auto& details = location->As<ExternalLocation>();
        if (details.credential != credential || !details.directory_access) return true;
        lends = CheckLends(changed, details.url, *details.directory_access);
        if (lends) return true;
        lends = InUse(fmt::format("External location '{}' has directory access: {}", location->name,
                                  lends.error().message));
        return false;
      });
  return lends;
}

}  // namespace

SealedSecret SealSecrets(Catalog& catalog, const Id& credential, const Properties& secrets) {
  if (secrets.empty()) return {};
  json::Object object;
  for (const auto& [name, value] : secrets) object[name] = value;
  return catalog.Seal(json::Serialize(object), SealContext(credential));
}

bool Fits(CredentialType type, UrlKind kind) {
  switch (type) {
    case CredentialType::kLocal: return kind == UrlKind::kLocal;
    case CredentialType::kAwsIamRole:
    case CredentialType::kS3AccessKey: return kind == UrlKind::kS3;
    case CredentialType::kCloudflareApiToken:
      return kind == UrlKind::kS3 || kind == UrlKind::kCloudflare;
    case CredentialType::kAzureServicePrincipal:
    case CredentialType::kAzureManagedIdentity: return kind == UrlKind::kAzure;
    case CredentialType::kGcpServiceAccount: return kind == UrlKind::kGoogle;
  }
  return false;
}

Result<Id> CreateCredential(Catalog& catalog, const Caller& caller, const NewCredential& wanted) {
  Id id;
  TRY(catalog.Change(caller, [&](Edit& edit) -> Status {
    const Securable& metastore = edit.picture().metastore();
    const Decision decision = AccessOf(edit).MayCreate(Kind::kStorageCredential, metastore);
    if (!decision.allowed) return Denied(decision);
    TRY(CheckNewName(edit.picture(), Kind::kStorageCredential, metastore.id, wanted.name));
    TRY(CheckQuota(edit.picture(), catalog.quotas(), Kind::kStorageCredential, metastore));
    if (wanted.content.type == CredentialType::kLocal) return LocalIsFixed();
    id = edit.NewUuid();
    StorageCredential details{.type = wanted.content.type,
                              .settings = wanted.content.settings,
                              .secret = SealSecrets(catalog, id, wanted.content.secrets),
                              .read_only = wanted.read_only};
    edit.Create(Securable{.id = id,
                          .parent = metastore.id,
                          .name = wanted.name,
                          .owner = OwnerOfNew(edit),
                          .comment = wanted.comment,
                          .details = std::move(details)});
    return {};
  }));
  return id;
}

Result<Id> UpdateCredential(Catalog& catalog, const Caller& caller, std::string_view name,
                            const CredentialChange& change) {
  const bool is_common = !change.content && !change.read_only;
  const auto apply = [&](Edit& edit, Securable& securable) -> Status {
    auto& details = securable.As<StorageCredential>();
    if (change.content) {
      details.type = change.content->type;
      details.settings = change.content->settings;
      details.secret = SealSecrets(catalog, securable.id, change.content->secrets);
      TRY(CheckStillFits(edit.picture(), securable.id, details));
    }
    if (change.read_only) details.read_only = *change.read_only;
    return {};
  };
  const auto guarded = [&](Edit& edit, Securable& securable) -> Status {
    const Securable& before = *edit.picture().Find(securable.id);
    if (IsLocal(before) && (!is_common || securable.name != before.name)) return LocalIsFixed();
    return apply(edit, securable);
  };
  const bool renames = change.common.new_name.has_value();
  return UpdateSecurable(
      catalog, caller, {Kind::kStorageCredential, name}, change.common,
      is_common && !renames ? std::function<Status(Edit&, Securable&)>() : guarded);
}

Status DeleteCredential(Catalog& catalog, const Caller& caller, std::string_view name,
                        Force force) {
  return catalog.Change(caller, [&](Edit& edit) -> Status {
    const Picture& picture = edit.picture();
    const Securable* found =
        TRY(FindToDelete(picture, AccessOf(edit), {Kind::kStorageCredential, name}));
    if (IsLocal(*found)) return LocalIsFixed();
    const size_t locations = CountLocations(picture, found->id, std::nullopt);
    if (force == Force::kNo && locations > 0) {
      return InUse(
          fmt::format("Storage credential '{}' has {} dependent external location(s). "
                      "Use force to delete it nevertheless.",
                      found->name, locations));
    }
    const Id id = found->id;
    edit.EraseSecurable(id);
    return {};
  });
}

Result<Properties> SecretsOf(const Catalog& catalog, const Securable& credential) {
  Properties secrets;
  const SealedSecret& sealed = credential.As<StorageCredential>().secret;
  if (sealed.text.empty()) return secrets;
  const std::string text = TRY(catalog.Unseal(sealed, SealContext(credential.id)));
  const json::Value value = TRY(json::Parse(text));
  for (const auto& member : value.as_object()) {
    secrets.emplace(std::string(member.key()), std::string(member.value().as_string()));
  }
  return secrets;
}

}  // namespace sluice::catalog
