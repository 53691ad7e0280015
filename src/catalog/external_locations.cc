#include "catalog/external_locations.h"

#include <fmt/format.h>

#include "catalog/credentials.h"
#include "catalog/errors.h"
#include "catalog/quotas.h"

namespace sluice::catalog {
namespace {

// A credential by which the caller may make locations.
Result<Id> FindCredential(const Edit& edit, std::string_view name, std::string_view url) {
  const Access access = AccessOf(edit);
  const Securable* credential =
      TRY(FindVisible(edit.picture(), access, Kind::kStorageCredential, name));
  const Decision decision = access.Holds(Privilege::kCreateExternalLocation, *credential);
  if (!decision.allowed && !access.IsMetastoreAdmin()) return Denied(decision);
  if (!Fits(credential->As<StorageCredential>().type, KindOfUrl(url))) {
    return InvalidParameter(fmt::format(
        "The storage credential '{}' is not of a kind that '{}' can be read with.", name, url));
  }
  return credential->id;
}

bool LiesAt(std::string_view url, std::string_view place) {
  return place.starts_with(url) && (place.size() == url.size() || place[url.size()] == '/');
}

std::string_view StorageRootOf(const Securable& one) {
  if (const auto* schema = std::get_if<SchemaDetails>(&one.details)) return schema->storage_root;
  if (const auto* details = std::get_if<CatalogDetails>(&one.details)) return details->storage_root;
  if (const auto* metastore = std::get_if<Metastore>(&one.details)) return metastore->storage_root;
  return {};
}

// Errors: kInvalidArgument  tables, or places for managed tables, lie at the location's url
Status CheckUnused(const Picture& picture, const Securable& location) {
  const std::string& url = location.As<ExternalLocation>().url;
  size_t roots = 0;
  picture.VisitSecurables([&](const SecurablePtr& one) {
    if (const auto root = StorageRootOf(*one); !root.empty() && LiesAt(url, root)) ++roots;
    return true;
  });
  const bool tables = picture.LocationBelow(Kind::kTable, url) != nullptr;
  if (roots == 0 && !tables) return {};
  return InUse(
      fmt::format("External location '{}' has dependent tables or storage roots. Use "
                  "force to change it nevertheless.",
                  location.name));
}

Status ApplyUrl(const Edit& edit, const LocalRoots& roots, const LocationChange& change,
                Securable& securable) {
  auto& details = securable.As<ExternalLocation>();
  const Access access = AccessOf(edit);
  std::string url = TRY(NormalUrl(*change.url, roots, access));
  if (url == details.url) return {};
  const Securable& before = *edit.picture().Find(securable.id);
  if (change.force == Force::kNo) TRY(CheckUnused(edit.picture(), before));
  Picture others = edit.picture();
  others.EraseSecurable(securable.id);
  TRY(CheckNoLocationAt(others, access, url));
  details.url = std::move(url);
  return {};
}

// What was asked for; one that says nothing is none.
std::optional<storage::DirectoryAccess> AccessOrNone(
    const std::optional<storage::DirectoryAccess>& wanted) {
  return wanted == storage::DirectoryAccess{} ? std::nullopt : wanted;
}

std::unexpected<Error> OnlyAdministratorsLend() {
  return Fail(Code::kPermissionDenied,
              "Only administrators of the metastore can let recipients have keys of a store "
              "(directory_access), or move an external location where they may.");
}

// What `details` say of directory access, by a caller who sets it or moves where it holds.
Status CheckMayLend(const Edit& edit, const ExternalLocation& details) {
  if (!details.directory_access) return {};
  if (!AccessOf(edit).IsMetastoreAdmin()) return OnlyAdministratorsLend();
  const Securable* credential = edit.picture().Find(details.credential);
  if (credential == nullptr) return InvalidParameter("The storage credential was deleted.");
  return CheckLends(credential->As<StorageCredential>(), details.url, *details.directory_access);
}

// A configuration file may have had locations within locations. What one of them guarded must not
// come to be lent because it goes.
Status CheckMayUncover(const Edit& edit, const Securable& location) {
  Picture others = edit.picture();
  others.EraseSecurable(location.id);
  const Securable* around =
      others.LocationAround(Kind::kExternalLocation, location.As<ExternalLocation>().url);
  if (around == nullptr || !around->As<ExternalLocation>().directory_access) return {};
  return AccessOf(edit).IsMetastoreAdmin() ? Status() : OnlyAdministratorsLend();
}

}  // namespace

Status CheckLends(const StorageCredential& credential, std::string_view url,
                  const storage::DirectoryAccess& access) {
  const bool signs = credential.type == CredentialType::kAwsIamRole ||
                     credential.type == CredentialType::kS3AccessKey;
  if (KindOfUrl(url) != UrlKind::kS3 || !signs) {
    return InvalidParameter(
        "directory_access is for locations of s3:// with a storage credential of aws_iam_role or "
        "s3_access_key.");
  }
  if (access.role_arn.empty()) {
    return InvalidParameter("Missing required field: directory_access.role_arn");
  }
  // Another store's keys are nothing to Amazon, and are not sent there.
  if (credential.settings.contains("endpoint") && access.sts_endpoint.empty()) {
    return InvalidParameter(
        "Missing required field: directory_access.sts_endpoint, since the storage credential has "
        "an endpoint (for MinIO and Ceph it is the same URL).");
  }
  return {};
}

Result<Id> CreateLocation(Catalog& catalog, const Caller& caller, const LocalRoots& roots,
                          const NewLocation& wanted) {
  Id id;
  TRY(catalog.Change(caller, [&](Edit& edit) -> Status {
    const Access access = AccessOf(edit);
    const Securable& metastore = edit.picture().metastore();
    const Decision decision = access.MayCreate(Kind::kExternalLocation, metastore);
    if (!decision.allowed) return Denied(decision);
    TRY(CheckNewName(edit.picture(), Kind::kExternalLocation, metastore.id, wanted.name));
    TRY(CheckQuota(edit.picture(), catalog.quotas(), Kind::kExternalLocation, metastore));
    std::string url = TRY(NormalUrl(wanted.url, roots, access));
    Id credential = TRY(FindCredential(edit, wanted.credential_name, url));
    TRY(CheckNoLocationAt(edit.picture(), access, url));
    ExternalLocation details{.url = std::move(url),
                             .credential = std::move(credential),
                             .read_only = wanted.read_only,
                             .fallback = wanted.fallback,
                             .directory_access = AccessOrNone(wanted.directory_access)};
    TRY(CheckMayLend(edit, details));
    id = edit.Create(Securable{.parent = metastore.id,
                               .name = wanted.name,
                               .owner = OwnerOfNew(edit),
                               .comment = wanted.comment,
                               .details = std::move(details)});
    return {};
  }));
  return id;
}

Result<Id> UpdateLocation(Catalog& catalog, const Caller& caller, const LocalRoots& roots,
                          std::string_view name, const LocationChange& change) {
  const bool moves = change.url || change.credential_name || change.directory_access;
  const bool is_common = !moves && !change.read_only && !change.fallback;
  const Target target{Kind::kExternalLocation, name};
  if (is_common) return UpdateSecurable(catalog, caller, target, change.common);
  const auto apply = [&](Edit& edit, Securable& securable) -> Status {
    auto& details = securable.As<ExternalLocation>();
    if (change.url) {
      TRY(CheckMayUncover(edit, *edit.picture().Find(securable.id)));
      TRY(ApplyUrl(edit, roots, change, securable));
    }
    // Another url is read with the credential, too: whoever changes either needs it.
    const Securable* credential = edit.picture().Find(details.credential);
    const std::string credential_name = change.credential_name  ? *change.credential_name
                                        : credential != nullptr ? credential->name
                                                                : std::string();
    if (change.url || change.credential_name) {
      details.credential = TRY(FindCredential(edit, credential_name, details.url));
    }
    if (change.read_only) details.read_only = *change.read_only;
    if (change.fallback) details.fallback = *change.fallback;
    if (change.directory_access) details.directory_access = AccessOrNone(change.directory_access);
    return moves ? CheckMayLend(edit, details) : Status();
  };
  return UpdateSecurable(catalog, caller, target, change.common, apply);
}

Status DeleteLocation(Catalog& catalog, const Caller& caller, std::string_view name, Force force) {
  return catalog.Change(caller, [&](Edit& edit) -> Status {
    const Securable* found =
        TRY(FindToDelete(edit.picture(), AccessOf(edit), {Kind::kExternalLocation, name}));
    if (force == Force::kNo) TRY(CheckUnused(edit.picture(), *found));
    TRY(CheckMayUncover(edit, *found));
    const Id id = found->id;
    edit.EraseSecurable(id);
    return {};
  });
}

}  // namespace sluice::catalog
