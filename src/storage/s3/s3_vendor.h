// storage/s3/s3_vendor.h -- keys that read one folder of a bucket, for clients.
//
// Each holder gets a session of the role of its own, so that the store's log tells holders apart.
// Its name is "sluice-" and the first 32 hex digits of the SHA-256 of the holder. Keys are kept for
// their holder while more than half of their life is left; requests that come together share one
// call.
//
// A store may give keys more than their policy says: RADOS Gateway does where a bucket policy names
// the server's own user. So before new keys are given out they are tried once with a listing just
// outside of the folder, which has to be refused. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "storage/object_store.h"
#include "storage/s3/credential_sources.h"
#include "storage/s3/s3_bucket.h"
#include "storage/store_options.h"

namespace sluice::storage {

class S3Vendor final : public CredentialVendor {
 public:
  // `path`: the folder's key without slashes at its ends. The role is assumed with the bucket's own
  // keys, at the STS of `context`. Errors of Vend: kPermissionDenied also where the keys open more
  // than the folder; kUnavailable also where that cannot be told.
  S3Vendor(std::shared_ptr<const S3Bucket> bucket, std::string path, DirectoryAccess access,
           CredentialContext context);

  Result<TemporaryKeys> Vend(const std::string& holder,
                             std::chrono::seconds lifetime) const override;

 private:
  struct Holder {
    std::chrono::seconds lifetime{};
    std::shared_ptr<CredentialCache> keys;
    uint64_t used = 0;  // the turn of the last request
  };

  Result<std::shared_ptr<CredentialCache>> KeysOf(const std::string& holder,
                                                  std::chrono::seconds lifetime) const;
  // With `mutex_` held: makes room where the table of holders is full.
  void ForgetLeastUsed() const;

  const std::shared_ptr<const S3Bucket> bucket_;
  const std::string path_;
  const DirectoryAccess access_;
  const CredentialContext context_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, Holder> holders_;
  mutable uint64_t turn_ = 0;
};

}  // namespace sluice::storage
