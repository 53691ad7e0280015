#include "catalog/yaml_catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

#include "base/crypto/crypto.h"
#include "base/encoding.h"
#include "catalog/errors.h"

namespace sluice::catalog {
namespace {

// The project's namespace for name-based ids: 309c02c9-9ac3-4459-98af-853059e77315. Changing it
// would change the id of every table that was configured without one.
constexpr std::array<unsigned char, 16> kIdNamespace = {
    0x30, 0x9c, 0x02, 0xc9, 0x9a, 0xc3, 0x44, 0x59, 0x98, 0xaf, 0x85, 0x30, 0x59, 0xe7, 0x73, 0x15};
constexpr size_t kMaxIdBytes = 255;

std::string Key(const TableName& name) {
  return AsciiLower(name.share) + '/' + AsciiLower(name.schema) + '/' + AsciiLower(name.table);
}

bool HoldsSlash(std::string_view text) { return text.find('/') != std::string_view::npos; }

Status CheckId(std::string_view id) {
  const bool control = std::ranges::any_of(id, [](char byte) {
    const auto value = static_cast<unsigned char>(byte);
    return value < 0x20 || value == 0x7F;
  });
  if (control) return Fail(Code::kInvalidArgument, "a table id holds a control character");
  if (id.size() > kMaxIdBytes) {
    return Fail(
        Code::kInvalidArgument,
        fmt::format("a table id has {} bytes; at most {} are allowed", id.size(), kMaxIdBytes));
  }
  return {};
}

}  // namespace

std::string TableIdOf(const TableName& name) {
  // Schemas and tables hold no '.', so that two tables never come to one text.
  return crypto::UuidV5(kIdNamespace,
                        AsciiLower(name.share + '.' + name.schema + '.' + name.table));
}

std::string ShareIdOf(std::string_view share) {
  // No name holds '/': a share "a.b.c" does not get the id of a table.
  return crypto::UuidV5(kIdNamespace, "share/" + AsciiLower(share));
}

Result<std::unique_ptr<const YamlCatalog>> YamlCatalog::Build(std::vector<ShareEntry> shares,
                                                              std::string principal) {
  if (principal.empty()) return Fail(Code::kInvalidArgument, "a catalog needs a principal");
  std::unique_ptr<YamlCatalog> made(new YamlCatalog(std::move(principal)));
  for (ShareEntry& entry : shares) TRY(made->AddShare(std::move(entry)));
  std::ranges::sort(made->shares_, std::less<>{},
                    [](const auto& share) { return AsciiLower(share->name); });
  return made;
}

Status YamlCatalog::AddShare(ShareEntry entry) {
  TRY(CheckName(NameKind::kShare, entry.name));
  auto share = std::make_shared<GrantedShare>();
  share->name = std::move(entry.name);
  share->id = ShareIdOf(share->name);
  if (!share_by_name_.emplace(AsciiLower(share->name), share).second) {
    return Fail(Code::kAlreadyExists, fmt::format("there are two shares '{}'", share->name));
  }
  std::unordered_set<std::string> seen;
  for (SchemaEntry& schema : entry.schemas) {
    if (!seen.insert(AsciiLower(schema.name)).second) {
      return Fail(Code::kAlreadyExists,
                  fmt::format("there are two schemas '{}.{}'", share->name, schema.name));
    }
    share->schemas.push_back(TRY(AddSchema(*share, std::move(schema))));
  }
  std::ranges::sort(share->schemas, std::less<>{},
                    [](const SharedSchema& schema) { return AsciiLower(schema.name); });
  shares_.push_back(std::move(share));
  return {};
}

Result<SharedSchema> YamlCatalog::AddSchema(const GrantedShare& share, SchemaEntry entry) {
  TRY(CheckName(NameKind::kSchema, entry.name));
  SharedSchema schema{.share = share.name, .name = std::move(entry.name), .tables = {}};
  for (TableEntry& table : entry.tables) TRY(AddTable(share, schema, std::move(table)));
  std::ranges::sort(schema.tables, std::less<>{},
                    [](const auto& table) { return AsciiLower(table->name); });
  return schema;
}

Status YamlCatalog::AddTable(const GrantedShare& share, SharedSchema& schema, TableEntry entry) {
  TRY(CheckName(NameKind::kTable, entry.name));
  TRY(CheckId(entry.id));
  const TableName name{.share = share.name, .schema = schema.name, .table = entry.name};
  const std::string full = name.share + '.' + name.schema + '.' + name.table;
  if (entry.start_version < 0) {
    return Fail(Code::kInvalidArgument, fmt::format("the start version of '{}' is negative", full));
  }
  auto table = std::make_shared<SharedTable>();
  table->share = name.share;
  table->schema = name.schema;
  table->name = std::move(entry.name);
  table->id = entry.id.empty() ? TableIdOf(name) : std::move(entry.id);
  table->share_id = share.id;
  table->location = std::move(entry.location);
  table->directory = std::move(entry.directory);
  table->history_shared = entry.history_shared;
  table->start_version = entry.start_version;
  if (!table_by_name_.emplace(Key(name), table).second) {
    return Fail(Code::kAlreadyExists, fmt::format("there are two tables '{}'", full));
  }
  // One table may be shared twice under its id; a link made for one location must not open another.
  const auto [same_id, is_new] = table_by_id_.emplace(table->id, table);
  if (!is_new && same_id->second->location != table->location) {
    return Fail(
        Code::kAlreadyExists,
        fmt::format("'{}' has the id of '{}.{}.{}', which lies elsewhere", full,
                    same_id->second->share, same_id->second->schema, same_id->second->name));
  }
  schema.tables.push_back(std::move(table));
  return {};
}

std::vector<ShareName> YamlCatalog::Shares(std::string_view principal) const {
  std::vector<ShareName> names;
  if (principal != principal_) return names;
  names.reserve(shares_.size());
  for (const auto& share : shares_) names.push_back({share->name, share->id});
  return names;
}

Result<std::shared_ptr<const GrantedShare>> YamlCatalog::FindShare(std::string_view principal,
                                                                   std::string_view share) const {
  if (principal != principal_) return ShareNotFound(share);
  const auto at = share_by_name_.find(AsciiLower(share));
  if (at == share_by_name_.end()) return ShareNotFound(share);
  return at->second;
}

Result<std::shared_ptr<const SharedTable>> YamlCatalog::FindTable(std::string_view principal,
                                                                  const TableName& name) const {
  if (principal != principal_) return TableNotFound(name);
  if (HoldsSlash(name.share) || HoldsSlash(name.schema) || HoldsSlash(name.table)) {
    return TableNotFound(name);
  }
  const auto at = table_by_name_.find(Key(name));
  if (at == table_by_name_.end()) return TableNotFound(name);
  return at->second;
}

Result<std::shared_ptr<const SharedTable>> YamlCatalog::FindTableById(std::string_view principal,
                                                                      std::string_view id) const {
  if (principal != principal_) return TableIdNotFound();
  const auto at = table_by_id_.find(std::string(id));
  if (at == table_by_id_.end()) return TableIdNotFound();
  return at->second;
}

}  // namespace sluice::catalog
