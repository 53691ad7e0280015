#include "catalog/privileges.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace sluice::catalog {
namespace {

using enum Privilege;

constexpr std::array<std::string_view, 9> kKindNames = {
    "METASTORE", "STORAGE_CREDENTIAL", "EXTERNAL_LOCATION", "CATALOG", "SCHEMA", "TABLE",
    "SHARE",     "RECIPIENT",          "PROVIDER"};
constexpr std::array<std::string_view, 9> kKindWords = {
    "metastore", "storage credential", "external location", "catalog", "schema", "table",
    "share",     "recipient",          "provider"};

// In the order of the enumeration.
constexpr auto kPrivilegeNames = std::to_array<std::string_view>({
    "ALL_PRIVILEGES",
    "APPLY_TAG",
    "BROWSE",
    "CREATE_CATALOG",
    "CREATE_CONNECTION",
    "CREATE_EXTERNAL_LOCATION",
    "CREATE_EXTERNAL_TABLE",
    "CREATE_EXTERNAL_VOLUME",
    "CREATE_FOREIGN_CATALOG",
    "CREATE_FUNCTION",
    "CREATE_MANAGED_STORAGE",
    "CREATE_MATERIALIZED_VIEW",
    "CREATE_MODEL",
    "CREATE_PROVIDER",
    "CREATE_RECIPIENT",
    "CREATE_SCHEMA",
    "CREATE_SHARE",
    "CREATE_STORAGE_CREDENTIAL",
    "CREATE_TABLE",
    "CREATE_VOLUME",
    "EXECUTE",
    "EXTERNAL_USE_LOCATION",
    "EXTERNAL_USE_SCHEMA",
    "MANAGE",
    "MODIFY",
    "READ_FILES",
    "READ_VOLUME",
    "REFRESH",
    "SELECT",
    "SET_SHARE_PERMISSION",
    "USE_CATALOG",
    "USE_MARKETPLACE_ASSETS",
    "USE_PROVIDER",
    "USE_RECIPIENT",
    "USE_SCHEMA",
    "USE_SHARE",
    "WRITE_FILES",
    "WRITE_VOLUME",
});
static_assert(kPrivilegeNames.size() == static_cast<size_t>(kWriteVolume) + 1);

constexpr auto kOnMetastore = std::to_array<Privilege>(
    {kCreateCatalog, kCreateConnection, kCreateExternalLocation, kCreateProvider, kCreateRecipient,
     kCreateShare, kCreateStorageCredential, kManage, kSetSharePermission, kUseMarketplaceAssets,
     kUseProvider, kUseRecipient, kUseShare});
constexpr auto kOnStorageCredential =
    std::to_array<Privilege>({kAllPrivileges, kCreateExternalLocation, kCreateExternalTable,
                              kManage, kReadFiles, kWriteFiles});
constexpr auto kOnExternalLocation = std::to_array<Privilege>(
    {kAllPrivileges, kBrowse, kCreateExternalTable, kCreateExternalVolume, kCreateForeignCatalog,
     kCreateManagedStorage, kExternalUseLocation, kManage, kReadFiles, kWriteFiles});
constexpr auto kOnCatalog = std::to_array<Privilege>(
    {kAllPrivileges, kApplyTag, kBrowse, kCreateFunction, kCreateMaterializedView, kCreateModel,
     kCreateSchema, kCreateTable, kCreateVolume, kExecute, kExternalUseSchema, kManage, kModify,
     kReadVolume, kRefresh, kSelect, kUseCatalog, kUseSchema, kWriteVolume});
constexpr auto kOnSchema = std::to_array<Privilege>(
    {kAllPrivileges, kApplyTag, kBrowse, kCreateFunction, kCreateMaterializedView, kCreateModel,
     kCreateTable, kCreateVolume, kExecute, kExternalUseSchema, kManage, kModify, kReadVolume,
     kRefresh, kSelect, kUseSchema, kWriteVolume});
constexpr auto kOnTable = std::to_array<Privilege>(
    {kAllPrivileges, kApplyTag, kBrowse, kManage, kModify, kRefresh, kSelect});
constexpr auto kOnShare = std::to_array<Privilege>({kSelect});

// Upper case, '_' between words.
std::string Normal(std::string_view name) {
  std::string normal(name);
  for (char& c : normal) {
    c = c == ' ' || c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return normal;
}

template <class Names>
std::optional<size_t> IndexOf(const Names& names, std::string_view name) {
  const auto found = std::ranges::find(names, Normal(name));
  if (found == names.end()) return std::nullopt;
  return static_cast<size_t>(found - names.begin());
}

}  // namespace

std::string_view KindName(Kind kind) { return kKindNames.at(static_cast<size_t>(kind)); }
std::string_view KindWords(Kind kind) { return kKindWords.at(static_cast<size_t>(kind)); }

std::optional<Kind> ParseKind(std::string_view name) {
  const auto index = IndexOf(kKindNames, name);
  if (!index) return std::nullopt;
  return static_cast<Kind>(*index);
}

std::string_view PrivilegeName(Privilege privilege) {
  return kPrivilegeNames.at(static_cast<size_t>(privilege));
}

std::optional<Privilege> ParsePrivilege(std::string_view name) {
  const auto index = IndexOf(kPrivilegeNames, name);
  if (!index) return std::nullopt;
  return static_cast<Privilege>(*index);
}

std::span<const Privilege> GrantableOn(Kind kind) {
  switch (kind) {
    case Kind::kMetastore: return kOnMetastore;
    case Kind::kStorageCredential: return kOnStorageCredential;
    case Kind::kExternalLocation: return kOnExternalLocation;
    case Kind::kCatalog: return kOnCatalog;
    case Kind::kSchema: return kOnSchema;
    case Kind::kTable: return kOnTable;
    case Kind::kShare: return kOnShare;
    case Kind::kRecipient:
    case Kind::kProvider: return {};
  }
  return {};
}

bool IsGrantable(Privilege privilege, Kind kind) {
  return std::ranges::find(GrantableOn(kind), privilege) != GrantableOn(kind).end();
}

bool InAllPrivileges(Privilege privilege) {
  return privilege != kManage && privilege != kExternalUseLocation &&
         privilege != kExternalUseSchema;
}

}  // namespace sluice::catalog
