// sharing/file_link.h -- our own signed links to the files of a table.
//
//   {origin}{prefix}/files/{payload}/{name}.parquet?X-Databricks-Signature={mac}
//
// The payload is base64url of (key id, issued, lifetime, version, principal, object, location,
// size, file) and the signature is HMAC-SHA256 over its text: nothing in it can be guessed or
// changed, and the link says all that is needed to serve the file without a look at the table's
// log. Only unreserved characters are used, because some clients quote URLs again; the parameter's
// name is one of the few by which the official client's Delta reader knows a signed URL.
//
// `location` is empty for files below the table's root. An external location (delta/file_places.h)
// has a name that tells nothing of the place: it is a MAC, and means something only to who has the
// key and the location in the configuration.
//
// Where a share hands out some partitions alone, the link tells by which filter the file was given:
// under another one it opens nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/crypto/crypto.h"
#include "base/result.h"
#include "delta/actions.h"

namespace sluice::sharing {

// What all links of one answer have in common.
struct LinkGrant {
  std::string principal;  // who got the link
  std::string object;     // id of the shared table
  delta::Version version = 0;
  TimePoint issued{};  // whole seconds
  std::chrono::seconds lifetime{0};
  std::string filter{};  // hash of the filter by partitions; empty: the table is shared as a whole
  TimePoint expires() const { return issued + lifetime; }
};

// What a link leads to.
struct LinkTarget {
  LinkGrant grant;               // its filter is a ShortHash
  std::string location;          // name of an external location; empty: the table's root
  std::string file;              // relative path below it, percent-encoded
  std::optional<uint64_t> size;  // of the file, where the log says it
};

// The key of all links, derived from the master key. Thread-safe.
class LinkKey {
 public:
  explicit LinkKey(std::string_view master_key);

  // Checks a link's two parts. Time is not checked here: the caller compares grant.expires().
  // Errors: kPermissionDenied  not made by this key, or altered
  Result<LinkTarget> Verify(std::string_view payload, std::string_view signature) const;

  // The name of an external location in links: bytes.
  std::string NameOf(std::string_view location) const;
  // What links have of a filter's hash; of none nothing.
  static std::string ShortHash(std::string_view filter);

 private:
  friend class LinkWriter;
  crypto::Hmac hmac_;
  crypto::Hmac names_;
  uint8_t id_;
};

// Writes the links of one answer. One thread at a time.
class LinkWriter {
 public:
  // `base` is origin and prefix: "http://127.0.0.1:8080/delta-sharing". `location` is the name of
  // an external location, where the files lie below one.
  LinkWriter(const LinkKey& key, const LinkGrant& grant, std::string_view base,
             std::string_view location = {});

  // Appends the link to `out`. `file` is a relative path, escaped as in the Delta log; `size` is
  // unknown for deletion vector files; `extension` is ".parquet" or ".bin".
  void Append(std::string_view file, std::optional<uint64_t> size, std::string_view extension,
              std::string& out);

 private:
  crypto::Hmac hmac_;
  std::string head_;    // up to the payload
  std::string common_;  // the start of every payload, encoded
  std::string rest_;    // scratch
};

}  // namespace sluice::sharing
