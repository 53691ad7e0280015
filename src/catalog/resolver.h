// catalog/resolver.h -- which shares, schemas and tables exist for a caller.
//
// The one question the sharing protocol asks of the catalog. Two fillings exist by design: the
// reference server's YAML file (catalog/yaml_catalog.h; one implicit recipient) and the catalog
// (catalog/catalog_resolver.h). Answers come from memory: no call waits.
//
// Names compare without regard to case (PROTOCOL.md, "List Shares"); answers carry the configured
// spelling. What a caller may not see does not exist for them: kNotFound, not kPermissionDenied,
// which means that the share stands and its owner lost access to the table.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/names.h"
#include "catalog/partition_filter.h"

namespace sluice::catalog {

// A table as one share hands it out.
struct SharedTable {
  std::string share;
  std::string schema;
  std::string name;
  std::string id;  // of the shared object, stable; not Delta's metaData.id
  std::string share_id;
  std::string location;  // never leaves the server
  // Where recipients may read the whole table with keys of its store ("s3://lake/orders"): told to
  // them. Empty: they get links to files and nothing else.
  std::string directory{};
  bool history_shared = false;
  int64_t start_version = 0;  // the oldest version a recipient may name
  // The partitions that are shared, bound to who asks. Null: the whole table.
  std::shared_ptr<const PartitionFilter> filter{};
  bool cdf_shared = false;  // the changes of rows may be asked for even where history may not
  // start_version was chosen by nobody (SharedObject::starts_after).
  bool starts_after = false;
  // The oldest version whose changes may be asked for: what start_version itself changed tells of
  // the version before, which who did not choose it did not mean to share.
  int64_t first_change() const { return starts_after ? start_version + 1 : start_version; }
};

struct SharedSchema {
  std::string share;
  std::string name;
  std::vector<std::shared_ptr<const SharedTable>> tables;  // by lower-case name
};

// What a list of shares says of each.
struct ShareName {
  std::string name;
  std::string id;
};

// A share as one principal gets it.
struct GrantedShare {
  std::string name;
  std::string id;
  std::vector<SharedSchema> schemas;  // by lower-case name
};

class Resolver {
 public:
  virtual ~Resolver() = default;

  // The shares `principal` may see, by lower-case name. Not what is in them: who has a hundred
  // shares and asks for their names need not wait for all their tables.
  virtual std::vector<ShareName> Shares(std::string_view principal) const = 0;
  // The pointers that these return stay valid as long as they are held, whatever happens to the
  // catalog.
  // Errors: kNotFound  "share 'x' not found"
  virtual Result<std::shared_ptr<const GrantedShare>> FindShare(std::string_view principal,
                                                                std::string_view share) const = 0;
  // Errors: kNotFound          in the words of the reference server
  //         kPermissionDenied  the owner of the share lost access
  virtual Result<std::shared_ptr<const SharedTable>> FindTable(std::string_view principal,
                                                               const TableName& name) const = 0;
  // A table by its id, for file links: still shared with this principal?
  // Errors: kNotFound, kPermissionDenied
  virtual Result<std::shared_ptr<const SharedTable>> FindTableById(std::string_view principal,
                                                                   std::string_view id) const = 0;
};

// A schema for list-tables; it lives as long as the pointer is held.
// Errors: kNotFound  "share 'x' not found", "schema 'y' not found"
Result<std::shared_ptr<const SharedSchema>> FindSchema(const Resolver& resolver,
                                                       std::string_view principal,
                                                       std::string_view share,
                                                       std::string_view schema);

}  // namespace sluice::catalog
