// sharing/file_links.h -- the links of one answer: to this server, or straight to the store that a
// file lies in.
//
// Most tables lie in one place. The files of a shallow clone lie in several, each with links of its
// kind: those of a store that signs links go to the store, the others to us.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "delta/file_places.h"
#include "sharing/file_link.h"
#include "storage/object_store.h"

namespace sluice::sharing {

// One thread at a time.
class FileLinks {
 public:
  virtual ~FileLinks() = default;
  // Appends the link to `file`, a path as in the Delta log; nothing on failure. It needs no
  // escaping in JSON. `size` is unknown for deletion vector files; `extension` is ".parquet" or
  // ".bin".
  // Errors: kUnsupported  the file lies outside of the table, where the configuration covers
  // nothing
  //         kCorrupt      the path is no URI
  //         as BeginLinks for the first file below an external location that was not named there
  virtual Status Append(std::string_view file, std::optional<uint64_t> size,
                        std::string_view extension, std::string& out) = 0;
  // Until when all of them work.
  virtual TimePoint expires() const = 0;
  // The size of the files whose links lead past this server, as far as it is known: nobody here
  // sees whether and how often they are read.
  virtual uint64_t bytes_elsewhere() const = 0;
};

// The table whose files are linked.
struct LinkedTable {
  using OpenStore =
      std::function<Result<std::shared_ptr<const storage::ObjectStore>>(const std::string&)>;

  std::string location;
  const delta::ExternalLocations& external;  // outlives the links
  delta::ExternalLocations::Used used;       // of those, where files of the answer lie
  OpenStore open;  // the store at a location; may be asked as long as the links live
};

// For relative paths alone. Links to this server; `base` is origin and prefix.
std::unique_ptr<FileLinks> LinksToUs(const LinkKey& key, const LinkGrant& grant,
                                     std::string_view base);
// Links to the store, which lives as long as they; null: somebody else keeps it.
std::unique_ptr<FileLinks> LinksToStore(std::shared_ptr<const storage::ObjectStore> store,
                                        std::unique_ptr<storage::UrlWriter> urls);

// Links to the stores where they can sign some, else to this server under `base`. Those of the
// table and of the locations that are used are opened now, so that nothing fails later. `key`
// outlives the links.
// Errors: kUnavailable, kPermissionDenied  a store's signer has no credentials
//         as LinkedTable::open
Result<std::unique_ptr<FileLinks>> BeginLinks(LinkedTable table, const LinkKey& key,
                                              const LinkGrant& grant, std::string_view base);

}  // namespace sluice::sharing
