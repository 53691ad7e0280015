// catalog/share_contents.h -- the tables of one share, as its recipients know them.
//
// Made from a picture, and good for as long as nothing has changed that decides about them: the
// share, principals and the metastore, the catalogs that its sources are in, external locations;
// and until a grant ends that is on the owner's way to a source. It never changes.
//
// Keys of a store work from everywhere. Who is bound to networks gets no table with a directory:
// all there is for him is links, which keep to his networks.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "catalog/picture.h"
#include "catalog/resolver.h"

namespace sluice::catalog {

class ShareContents {
 public:
  struct Table {
    std::shared_ptr<const SharedTable> shared;
    std::shared_ptr<const SharedTable> links_only;  // the same without a directory
    const SharedObject* object = nullptr;           // that it comes with
    // The owner of the share lost access: it is not listed, and cannot be read.
    bool denied = false;
  };

  ShareContents(const Picture& picture, SecurablePtr share, TimePoint now);

  // Whether it still says what the picture says of `share`.
  bool Holds(const Picture& picture, const Securable& share, TimePoint now) const;

  // Schemas and tables that can be read; the second with links_only.
  const GrantedShare& listed() const { return listed_; }
  const GrantedShare& listed_links_only() const {
    return links_only_.schemas.empty() ? listed_ : links_only_;
  }
  // Null: there is none of that name, in any case, or id.
  const Table* Find(std::string_view schema, std::string_view table) const;
  const Table* FindById(std::string_view id) const;
  const std::vector<Table>& tables() const { return tables_; }

 private:
  class Making;

  SecurablePtr share_;
  uint64_t principals_version_ = 0;
  uint64_t locations_version_ = 0;
  std::vector<std::pair<Id, uint64_t>> trees_;  // a catalog, its version
  std::optional<TimePoint> until_;
  GrantedShare listed_;
  GrantedShare links_only_;  // empty: no table has a directory
  std::vector<Table> tables_;
  std::unordered_map<std::string, size_t> by_name_;  // folded schema, 0x1f, folded table
  std::unordered_map<std::string_view, size_t> by_id_;
};

}  // namespace sluice::catalog
