// catalog/yaml_catalog.h -- the catalog of a configuration file: one recipient, who may see all.
//
// Built once from plain structs and never changed, so that look-ups take no lock. Names are folded
// to lower case in ASCII only; other letters compare as they are.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "catalog/resolver.h"

namespace sluice::catalog {

struct TableEntry {
  std::string name{};
  std::string location{};
  std::string directory{};  // as in SharedTable
  std::string id{};         // empty: made from the names, see TableIdOf
  bool history_shared = false;
  int64_t start_version = 0;
};

struct SchemaEntry {
  std::string name;
  std::vector<TableEntry> tables;
};

struct ShareEntry {
  std::string name;
  std::vector<SchemaEntry> schemas;
};

// The ids of what was configured without one: name-based UUIDs of the names in lower case. They
// stay the same over restarts and machines, and change when the object is renamed.
std::string TableIdOf(const TableName& name);
std::string ShareIdOf(std::string_view share);

class YamlCatalog final : public Resolver {
 public:
  // `principal` is the one caller for whom anything exists.
  // Errors: kInvalidArgument  no principal, a name that CheckName refuses, a negative start version
  //         kAlreadyExists    two shares, schemas or tables of one name, or one id for two
  //         locations
  static Result<std::unique_ptr<const YamlCatalog>> Build(std::vector<ShareEntry> shares,
                                                          std::string principal);

  std::vector<ShareName> Shares(std::string_view principal) const override;
  Result<std::shared_ptr<const GrantedShare>> FindShare(std::string_view principal,
                                                        std::string_view share) const override;
  Result<std::shared_ptr<const SharedTable>> FindTable(std::string_view principal,
                                                       const TableName& name) const override;
  Result<std::shared_ptr<const SharedTable>> FindTableById(std::string_view principal,
                                                           std::string_view id) const override;

 private:
  explicit YamlCatalog(std::string principal) : principal_(std::move(principal)) {}
  Status AddShare(ShareEntry entry);
  Result<SharedSchema> AddSchema(const GrantedShare& share, SchemaEntry entry);
  Status AddTable(const GrantedShare& share, SharedSchema& schema, TableEntry entry);

  std::string principal_;
  std::vector<std::shared_ptr<const GrantedShare>> shares_;  // by lower-case name
  std::unordered_map<std::string, std::shared_ptr<const GrantedShare>> share_by_name_;  // folded
  // By share, schema and table, folded and joined by '/', which no name holds.
  std::unordered_map<std::string, std::shared_ptr<const SharedTable>> table_by_name_;
  std::unordered_map<std::string, std::shared_ptr<const SharedTable>> table_by_id_;
};

}  // namespace sluice::catalog
