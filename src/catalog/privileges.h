// catalog/privileges.h -- the privileges of Unity Catalog and the kinds of objects they are granted
// on.
//
// Source: Databricks, "Unity Catalog privileges and securable objects"; databricks-sdk 0.162,
// catalog.Privilege, catalog.SecurableType.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace sluice::catalog {

enum class Kind : uint8_t {
  kMetastore,
  kStorageCredential,
  kExternalLocation,
  kCatalog,
  kSchema,
  kTable,
  kShare,
  kRecipient,
  kProvider,
};
// "EXTERNAL_LOCATION"
std::string_view KindName(Kind kind);
// "external location", for sentences.
std::string_view KindWords(Kind kind);
// "external_location", "EXTERNAL-LOCATION": as paths and bodies spell it. Nothing: no such kind.
std::optional<Kind> ParseKind(std::string_view name);

enum class Privilege : uint8_t {
  kAllPrivileges,
  kApplyTag,
  kBrowse,
  kCreateCatalog,
  kCreateConnection,
  kCreateExternalLocation,
  kCreateExternalTable,
  kCreateExternalVolume,
  kCreateForeignCatalog,
  kCreateFunction,
  kCreateManagedStorage,
  kCreateMaterializedView,
  kCreateModel,
  kCreateProvider,
  kCreateRecipient,
  kCreateSchema,
  kCreateShare,
  kCreateStorageCredential,
  kCreateTable,
  kCreateVolume,
  kExecute,
  kExternalUseLocation,
  kExternalUseSchema,
  kManage,
  kModify,
  kReadFiles,
  kReadVolume,
  kRefresh,
  kSelect,
  kSetSharePermission,
  kUseCatalog,
  kUseMarketplaceAssets,
  kUseProvider,
  kUseRecipient,
  kUseSchema,
  kUseShare,
  kWriteFiles,
  kWriteVolume,
};
// "USE_CATALOG"
std::string_view PrivilegeName(Privilege privilege);
// Both "USE_CATALOG" and "USE CATALOG", in any case. Nothing: no such privilege.
std::optional<Privilege> ParsePrivilege(std::string_view name);

// What may be granted on an object of this kind, those that are for the objects below it included.
std::span<const Privilege> GrantableOn(Kind kind);
bool IsGrantable(Privilege privilege, Kind kind);
// True when ALL_PRIVILEGES on an object stands for `privilege` too.
bool InAllPrivileges(Privilege privilege);

}  // namespace sluice::catalog
