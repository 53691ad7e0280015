// storage/s3/credential_sources.h -- the ways in which an S3 store's keys are found.
//
// Sources: AWS SDKs and Tools Reference Guide ("Standardized credential providers"), the IAM and
// STS API references, the EC2 and ECS user guides on metadata.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "net/http_pool.h"
#include "storage/s3/credentials.h"
#include "storage/store_options.h"

namespace sluice::storage {

struct CredentialContext {
  const Clock& clock;
  Environment environment;
  // For STS (proxy and CA as the store's) and for the metadata services, which are reached
  // directly.
  std::shared_ptr<net::HttpPool> http;
  std::shared_ptr<net::HttpPool> metadata_http;
  std::string region;        // resolved; for the STS host
  std::string sts_endpoint;  // resolved; empty: Amazon's for the region
  bool fips = false;
};

// Nothing is read or asked before the first Fetch; files and variables are read anew at each.
// The default chain passes over a place that is not configured; one that is, and broken, ends it.
std::unique_ptr<CredentialSource> MakeCredentialSource(const S3CredentialOptions& options,
                                                       CredentialContext context);

// The region that a profile of the shared files names; empty: none.
std::string RegionOfProfile(const std::string& profile, const Environment& environment);

}  // namespace sluice::storage
