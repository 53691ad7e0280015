// storage/s3/url_writer.h -- pre-signed S3 URLs (GET), as many as an answer has files.
//
// What all links have in common is worked out once: a link costs the two SHA-256 chains that its
// own path decides.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "storage/object_store.h"
#include "storage/s3/sigv4.h"

namespace sluice::storage {

struct UrlTarget {
  std::string origin;  // "https://bucket.s3.eu-central-1.amazonaws.com", "http://127.0.0.1:9000"
  std::string host;    // as in the Host header: without the default port
  std::string path_prefix;  // before each key, encoded: "/", "/bucket/lake/t/"
};

// `now` is the store's time. `lifetime` is cut to a week (the protocol's limit) and to the end of
// the credentials; expires() tells. Anonymous credentials: plain URLs.
std::unique_ptr<UrlWriter> MakeUrlWriter(const UrlTarget& target,
                                         const std::shared_ptr<const SigningKeys>& keys,
                                         TimePoint now, std::chrono::seconds lifetime);

}  // namespace sluice::storage
