// storage/s3/s3_store.h -- a folder of an S3 bucket as an object store.
//
// Clients read objects by pre-signed URLs. An object is read in the state that was listed
// (If-Match) and its size is checked; over plain HTTP also its MD5 sum, where ETags are such sums.
// What does not fit is read again.
#pragma once

#include <memory>
#include <string>

#include "storage/remote_store.h"
#include "storage/s3/s3_bucket.h"

namespace sluice::storage {

class S3Store final : public RemoteStore, private UrlSigner {
 public:
  // `root`: the folder's key without slashes at its ends; empty: the whole bucket. `vendor`: of
  // keys for this folder; null: nobody is given any.
  S3Store(std::shared_ptr<const S3Bucket> bucket, const std::string& root, Random& random,
          std::unique_ptr<const CredentialVendor> vendor = nullptr);

  Result<std::vector<ObjectInfo>> List(std::string_view folder,
                                       std::string_view from) const override;
  Result<ObjectInfo> Head(std::string_view key) const override;
  Result<std::string> Read(std::string_view key, ByteCount limit) const override;
  Result<std::string> ReadListed(const ObjectInfo& object, ByteCount limit) const override;
  Result<std::string> ReadRange(std::string_view key, Range range) const override;
  Status Download(const ObjectInfo& object, int fd) const override;
  // Two writers of one key: the store decides (If-None-Match). A lost answer is no lost write: the
  // object bears a mark by which its writer knows it again.
  Status PutIfAbsent(std::string_view key, std::string_view bytes) const override;
  bool lists_from_any_key() const override { return true; }
  size_t parallel_reads() const override { return bucket_->parallel_reads(); }
  const UrlSigner* signer() const override { return this; }
  const CredentialVendor* vendor() const override { return vendor_.get(); }
  Result<OpenObject> Open(std::string_view key) const override;
  const std::string& location() const override { return location_; }
  const std::string& identity() const override { return identity_; }

 private:
  Result<std::unique_ptr<UrlWriter>> Begin(std::chrono::seconds lifetime) const override;
  // Checks the key of an object and puts the folder before it.
  Result<std::string> FullKey(std::string_view key) const;
  Result<std::string> ReadWhole(const ObjectInfo& object) const;
  Result<std::string> ReadPiece(const ObjectInfo& object, Range range) const;
  Status DownloadPieces(const ObjectInfo& object, int fd) const;

  const std::shared_ptr<const S3Bucket> bucket_;
  const std::unique_ptr<const CredentialVendor> vendor_;
  const std::string prefix_;  // of all keys: "lake/t/"; empty: none
  const std::string location_;
  const std::string identity_;
  Random& random_;
};

}  // namespace sluice::storage
