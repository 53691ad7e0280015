// sharing/file_links.h -- the links of one answer: to this server, or straight to the table's
// store.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
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
  // Errors: kUnsupported  the file lies outside of the table, and a signature of ours would open it
  //         kCorrupt      the path is no URI
  virtual Status Append(std::string_view file, std::optional<uint64_t> size,
                        std::string_view extension, std::string& out) = 0;
  // Until when all of them work.
  virtual TimePoint expires() const = 0;
};

// Links to this server; `base` is origin and prefix.
std::unique_ptr<FileLinks> LinksToUs(const LinkKey& key, const LinkGrant& grant,
                                     std::string_view base);
// Links to the store, which lives as long as they; null: somebody else keeps it.
std::unique_ptr<FileLinks> LinksToStore(std::shared_ptr<const storage::ObjectStore> store,
                                        std::unique_ptr<storage::UrlWriter> urls);

// Links to the store where it can sign some, else to this server under `base`.
// Errors: kUnavailable, kPermissionDenied  the store's signer has no credentials
Result<std::unique_ptr<FileLinks>> BeginLinks(
    const std::shared_ptr<const storage::ObjectStore>& store, const LinkKey& key,
    const LinkGrant& grant, std::string_view base);

}  // namespace sluice::sharing
