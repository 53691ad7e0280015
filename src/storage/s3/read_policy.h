// storage/s3/read_policy.h -- the policy of keys that read one folder of a bucket and nothing else.
//
// It goes with a role that is assumed: what the keys may do is what both the role and this policy
// allow. Source: AWS IAM User Guide, "IAM JSON policy elements"; STS API Reference, AssumeRole.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "storage/store_options.h"

namespace sluice::storage {

// Allows GetObject below the folder and listings of nothing but prefixes that begin with it. What
// is missing there is told as missing: stores ask ListBucket of its key for that. `path` is the
// folder's key without slashes at its ends; empty: the whole bucket. The text is ASCII: STS takes
// no more than Latin 1. Errors: kUnsupported  the folder's name holds what policies read as a
// wildcard or a variable
//                       (Amazon has escapes for these, other stores have none), is no UTF-8, or is
//                       too long for STS
Result<std::string> ReadPolicy(std::string_view bucket, std::string_view path,
                               const DirectoryAccess& access);

}  // namespace sluice::storage
