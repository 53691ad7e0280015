// storage/location.h -- what the text of a location says, before anything is opened.
//
//   /data/t   file:///data/t   s3://bucket/lake/t   s3a://bucket/lake/t
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::storage {

struct Location {
  enum class Kind { kLocal, kS3 };
  Kind kind = Kind::kLocal;
  std::string bucket;  // kS3
  // kLocal: an absolute path. kS3: the key of the root, without '/' at its ends; empty: the bucket.
  std::string path;

  // One spelling for each place ("s3://bucket/lake/t" for s3a and for a trailing slash too).
  std::string Text() const;
};

// A path or file URI, or s3://, s3a://, s3n:// with a bucket. Only file URIs are percent-decoded:
// in the others each character is itself, as in Hadoop's.
// Errors: kInvalidArgument  no location: the message says why
//         kUnsupported      a known store that this version does not read; the message names its
//                           scheme
Result<Location> ParseLocation(std::string_view text);

}  // namespace sluice::storage
