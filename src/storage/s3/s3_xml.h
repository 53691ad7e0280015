// storage/s3/s3_xml.h -- what S3 answers in XML: listings and errors.
//
// Source: Amazon S3 API Reference, "ListObjectsV2", "Error Responses".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "storage/object_store.h"

namespace sluice::storage {

inline constexpr ByteCount kMaxXml = MiB(8);

// One page of a listing.
struct S3ListPage {
  std::vector<ObjectInfo> objects;  // keys in full, ascending; tags are ETags without quotes
  std::string next;                 // the token of the next page; empty: this is the last one
};

// Strict, since nothing else guards a listing: all must be there and agree with each other.
// `prefix` is what each key must begin with.
// Errors: kCorrupt  not the listing that was asked for
Result<S3ListPage> ParseS3List(std::string_view xml, std::string_view prefix);

struct S3Error {
  std::string code;     // "AccessDenied"
  std::string message;  // for logs: at most 300 printable bytes
  std::string region;   // where the bucket is; empty: not said
};

// Nothing: the body is no such document.
std::optional<S3Error> ParseS3Error(std::string_view xml);

// The content of an ETag header or element: without quotes and the mark of weakness.
std::string_view BareTag(std::string_view etag);

}  // namespace sluice::storage
