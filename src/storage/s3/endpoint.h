// storage/s3/endpoint.h -- which host answers for a bucket.
//
// Source: AWS General Reference, "Amazon S3 endpoints and quotas"; Amazon S3 User Guide, "Virtual
// hosting of general purpose buckets", "Dual-stack endpoints".
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "storage/store_options.h"

namespace sluice::storage {

struct S3Endpoint {
  bool tls = true;
  std::string host;         // as in the Host header: with a port only if it is not the default
  std::string bucket_path;  // what stands before keys, encoded: "/" or "/bucket/"

  std::string origin() const { return (tls ? "https://" : "http://") + host; }
};

// The one who is asked: a URL of scheme, host and port alone.
struct Origin {
  bool tls = true;
  std::string host;  // lower case; with a port only if it is not the default

  std::string url() const { return (tls ? "https://" : "http://") + host; }
};

// Errors: kInvalidArgument
Result<Origin> ParseOrigin(std::string_view url);

// `options.endpoint` is the one that counts: the environment is no matter here.
// Errors: kInvalidArgument  the endpoint is no URL of scheme, host and port; a region that is none;
//                           FIPS or dual-stack asked of a custom endpoint
Result<S3Endpoint> EndpointOf(const S3Options& options, std::string_view region,
                              std::string_view bucket);

// Whether the text can be a region ("eu-central-1"; other stores have "us", "garage", "default").
bool IsRegion(std::string_view text);

// "amazonaws.com", or the domain of the partition that the region is in.
std::string_view AmazonDomain(std::string_view region);

// True for buckets that can stand in a host name under a TLS certificate for one level: lower case,
// digits and dashes, no dots.
bool IsHostLabel(std::string_view bucket);

}  // namespace sluice::storage
