// catalog/locations.h -- where data may lie: the normal form of urls, the folders of this machine
// that may be used, and who may keep a table where.
//
// Every place is covered by one external location, and so by its credential; folders below a local
// root are covered by the built-in credential "local" where no location is. What nothing covers
// cannot be used. Storage holds reads to the same rules (storage::StoresContext::local_roots).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/access.h"
#include "catalog/catalog.h"

namespace sluice::catalog {

// The built-in storage credential.
inline constexpr std::string_view kLocalCredential = "local";

// In bytes, of any url of storage.
inline constexpr size_t kLongestUrl = 4096;

// The folders of this machine that the server was started with. A path counts as inside one only
// with "..", "." and symbolic links resolved.
class LocalRoots {
 public:
  LocalRoots() = default;  // none: no path is inside
  // Errors: kInvalidArgument  one is no folder; the message names it (it is the operator's)
  static Result<LocalRoots> Resolve(const std::vector<std::string>& folders);

  // The real path of an absolute one; what is not there yet is taken as it is written.
  // Errors: kInvalidArgument  outside of all roots
  Result<std::string> Locate(std::string_view path) const;
  // Real paths.
  const std::vector<std::string>& folders() const { return folders_; }

 private:
  std::vector<std::string> folders_;
};

enum class UrlKind { kLocal, kS3, kAzure, kGoogle, kCloudflare };
// Of a url in normal form.
UrlKind KindOfUrl(std::string_view url);
std::string LocalUrl(std::string_view path);

// One spelling for each place, without '/' at its end: "s3://lake/bronze" for s3a and s3n too,
// "file:///data/lake" (percent-encoded, links resolved) for a path or file uri. Two places overlap
// if one of their urls is the other's beginning, followed by '/'.
// Errors: kInvalidArgument  no such url; or a folder outside of all local roots, which only
//                           administrators are told
Result<std::string> NormalUrl(std::string_view url, const LocalRoots& roots, const Access& access);

// What covers a url.
struct StoragePlace {
  const Securable* location = nullptr;  // null: a folder that only "local" covers
  const Securable* credential = nullptr;
};
// `url` in normal form.
// Errors: kInvalidArgument   no external location is at or above it
//         kPermissionDenied  its credential was deleted
Result<StoragePlace> ResolveStorage(const Picture& picture, std::string_view url);

// For whom a table is to lie at `url`: CREATE_EXTERNAL_TABLE on the external location; without one,
// on the credential "local", or being a metastore administrator. A table must not contain an
// external location.
// Errors: kPermissionDenied, those of ResolveStorage
Status CheckMayStoreTable(const Picture& picture, const Access& access, std::string_view url);
// The same for the place of managed tables, which the server writes to: CREATE_MANAGED_STORAGE.
Status CheckMayStoreManaged(const Picture& picture, const Access& access, std::string_view url);

// Errors: kInvalidArgument  a table lies at, above or below `url`: "LOCATION_OVERLAP"
Status CheckNoTableAt(const Picture& picture, const Access& access, std::string_view url);
// The same of external locations.
Status CheckNoLocationAt(const Picture& picture, const Access& access, std::string_view url);

}  // namespace sluice::catalog
