#include "catalog/catalogs.h"

#include <fmt/format.h>

#include <vector>

#include "catalog/errors.h"
#include "catalog/principals.h"
#include "catalog/quotas.h"

namespace sluice::catalog {
namespace {

constexpr std::string_view kDefaultSchema = "default";
constexpr std::chrono::seconds kLongestTokenLifetime{365 * 24 * 3600};
constexpr size_t kLongestOrganization = 255;

// The normal form of a storage root that the caller may have tables put in; empty stays empty.
Result<std::string> CheckStorageRoot(const Edit& edit, const LocalRoots& roots,
                                     const std::string& url) {
  if (url.empty()) return url;
  const Access access = AccessOf(edit);
  std::string normal = TRY(NormalUrl(url, roots, access));
  TRY(CheckMayStoreManaged(edit.picture(), access, normal));
  return normal;
}

std::vector<const Securable*> ChildrenOf(const Picture& picture, Kind kind, const Id& parent) {
  std::vector<const Securable*> children;
  picture.VisitChildren(kind, parent, {}, [&](const SecurablePtr& child) {
    children.push_back(child.get());
    return true;
  });
  return children;
}

// Takes objects away, the lowest first. `going` points into the edit's picture.
void EraseAll(Edit& edit, const std::vector<const Securable*>& going) {
  std::vector<Id> ids;
  ids.reserve(going.size());
  for (const Securable* one : going) ids.push_back(one->id);
  for (const Id& id : ids) edit.EraseSecurable(id);
}

// Nothing in it but an empty "default".
bool IsEmptyCatalog(const Picture& picture, const std::vector<const Securable*>& schemas) {
  if (schemas.empty()) return true;
  return schemas.size() == 1 && schemas.front()->name == kDefaultSchema &&
         picture.CountChildren(Kind::kTable, schemas.front()->id) == 0;
}

Status CheckScope(const std::string& scope) {
  if (scope == kInternalScope || scope == kExternalScope) return {};
  return InvalidParameter("delta_sharing_scope must be INTERNAL or INTERNAL_AND_EXTERNAL.");
}

Status CheckLifetime(std::chrono::seconds lifetime) {
  if (lifetime >= std::chrono::seconds{0} && lifetime <= kLongestTokenLifetime) return {};
  return InvalidParameter(
      fmt::format("delta_sharing_recipient_token_lifetime_in_seconds must be between 0 and {}.",
                  kLongestTokenLifetime.count()));
}

Status ApplyToMetastore(const Edit& edit, const LocalRoots& roots, const MetastoreChange& change,
                        Metastore& metastore) {
  if (change.sharing_scope) {
    TRY(CheckScope(*change.sharing_scope));
    metastore.sharing_scope = *change.sharing_scope;
  }
  if (change.organization_name) {
    if (change.organization_name->size() > kLongestOrganization) {
      return InvalidParameter(fmt::format("delta_sharing_organization_name has at most {} bytes.",
                                          kLongestOrganization));
    }
    metastore.organization_name = *change.organization_name;
  }
  if (change.recipient_token_lifetime) {
    TRY(CheckLifetime(*change.recipient_token_lifetime));
    metastore.recipient_token_lifetime = *change.recipient_token_lifetime;
  }
  if (change.external_access_enabled) {
    metastore.external_access_enabled = *change.external_access_enabled;
  }
  if (change.storage_root) {
    metastore.storage_root = TRY(CheckStorageRoot(edit, roots, *change.storage_root));
  }
  return {};
}

}  // namespace

Result<Id> CreateCatalog(Catalog& catalog, const Caller& caller, const LocalRoots& roots,
                         const NewCatalog& wanted) {
  Id id;
  TRY(catalog.Change(caller, [&](Edit& edit) -> Status {
    const Securable& above = edit.picture().metastore();
    const Id metastore = above.id;
    const Decision decision = AccessOf(edit).MayCreate(Kind::kCatalog, above);
    if (!decision.allowed) return Denied(decision);
    TRY(CheckNewName(edit.picture(), Kind::kCatalog, metastore, wanted.name));
    TRY(CheckQuota(edit.picture(), catalog.quotas(), Kind::kCatalog, above));
    std::string root = TRY(CheckStorageRoot(edit, roots, wanted.storage_root));
    const Id owner = OwnerOfNew(edit);
    id = edit.Create(Securable{.parent = metastore,
                               .name = wanted.name,
                               .owner = owner,
                               .comment = wanted.comment,
                               .properties = wanted.properties,
                               .details = CatalogDetails{std::move(root)}});
    edit.Create(Securable{.parent = id,
                          .name = std::string(kDefaultSchema),
                          .owner = owner,
                          .comment = "Default schema (auto-created)",
                          .details = SchemaDetails{}});
    return {};
  }));
  return id;
}

Status DeleteCatalog(Catalog& catalog, const Caller& caller, std::string_view name, Force force) {
  return catalog.Change(caller, [&](Edit& edit) -> Status {
    const Access access = AccessOf(edit);
    const Picture& picture = edit.picture();
    const Securable* found = TRY(FindToDelete(picture, access, {Kind::kCatalog, name}));
    const std::vector<const Securable*> schemas = ChildrenOf(picture, Kind::kSchema, found->id);
    if (force == Force::kNo && !IsEmptyCatalog(picture, schemas)) {
      return InUse(
          fmt::format("Catalog '{}' is not empty. The catalog has {} schema(s). Use force to "
                      "delete them, too.",
                      found->name, schemas.size()));
    }
    std::vector<const Securable*> going;
    for (const Securable* schema : schemas) {
      for (const Securable* table : ChildrenOf(picture, Kind::kTable, schema->id)) {
        going.push_back(table);
      }
      going.push_back(schema);
    }
    going.push_back(found);
    TRY(CheckNotShared(picture, access, going));
    EraseAll(edit, going);
    return {};
  });
}

Result<Id> CreateSchema(Catalog& catalog, const Caller& caller, const LocalRoots& roots,
                        const NewSchema& wanted) {
  Id id;
  TRY(catalog.Change(caller, [&](Edit& edit) -> Status {
    const Access access = AccessOf(edit);
    const Securable* parent =
        TRY(FindVisible(edit.picture(), access, Kind::kCatalog, wanted.catalog_name));
    const Decision decision = access.MayCreate(Kind::kSchema, *parent);
    if (!decision.allowed) return Denied(decision);
    TRY(CheckNewName(edit.picture(), Kind::kSchema, parent->id, wanted.name));
    TRY(CheckQuota(edit.picture(), catalog.quotas(), Kind::kSchema, *parent));
    std::string root = TRY(CheckStorageRoot(edit, roots, wanted.storage_root));
    id = edit.Create(Securable{.parent = parent->id,
                               .name = wanted.name,
                               .owner = OwnerOfNew(edit),
                               .comment = wanted.comment,
                               .properties = wanted.properties,
                               .details = SchemaDetails{std::move(root)}});
    return {};
  }));
  return id;
}

Status DeleteSchema(Catalog& catalog, const Caller& caller, std::string_view full_name,
                    Force force) {
  return catalog.Change(caller, [&](Edit& edit) -> Status {
    const Access access = AccessOf(edit);
    const Picture& picture = edit.picture();
    const Securable* found = TRY(FindToDelete(picture, access, {Kind::kSchema, full_name}));
    std::vector<const Securable*> going = ChildrenOf(picture, Kind::kTable, found->id);
    if (force == Force::kNo && !going.empty()) {
      return InUse(
          fmt::format("Schema '{}' is not empty. The schema has {} table(s). Use force to delete "
                      "them, too.",
                      picture.FullName(*found), going.size()));
    }
    going.push_back(found);
    TRY(CheckNotShared(picture, access, going));
    EraseAll(edit, going);
    return {};
  });
}

Status UpdateMetastore(Catalog& catalog, const Caller& caller, const LocalRoots& roots,
                       std::string_view id, const MetastoreChange& change) {
  const auto apply = [&](Edit& edit, Securable& securable) -> Status {
    if (securable.owner != edit.picture().metastore().owner) {
      TRY(CheckMayAdminister(edit.picture(), securable.owner));
    }
    return ApplyToMetastore(edit, roots, change, securable.As<Metastore>());
  };
  TRY(UpdateSecurable(catalog, caller, {Kind::kMetastore, id}, change.common, apply));
  return {};
}

std::string ManagedFolder(const Securable& securable) {
  const auto below = [&](const std::string& root, std::string_view level) {
    if (root.empty()) return std::string();
    return fmt::format("{}/__unitystorage/{}/{}", root, level, securable.id);
  };
  if (const auto* schema = std::get_if<SchemaDetails>(&securable.details)) {
    return below(schema->storage_root, "schemas");
  }
  if (const auto* catalog = std::get_if<CatalogDetails>(&securable.details)) {
    return below(catalog->storage_root, "catalogs");
  }
  if (const auto* metastore = std::get_if<Metastore>(&securable.details)) {
    return below(metastore->storage_root, "metastores");
  }
  return {};
}

Result<std::string> ManagedRoot(const Picture& picture, const Securable& schema) {
  for (const Securable* at : picture.Chain(schema)) {
    std::string folder = ManagedFolder(*at);
    if (!folder.empty()) return folder;
  }
  return InvalidParameter(
      fmt::format("Neither the schema '{}' nor its catalog nor the metastore has a storage root "
                  "for managed tables: create an external table, or set one.",
                  picture.FullName(schema)));
}

}  // namespace sluice::catalog
