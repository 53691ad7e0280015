#include "storage/s3/s3_vendor.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/crypto/crypto.h"
#include "base/encoding.h"
#include "storage/s3/read_policy.h"
#include "storage/s3/sts.h"

namespace sluice::storage {
namespace {

constexpr size_t kMostHolders = 1'000;  // of one folder
constexpr size_t kSessionDigits = 32;

// A holder may be anything; a session's name is at most 64 letters, digits and some others.
std::string SessionName(const std::string& holder) {
  return "sluice-" + Hex(crypto::View(crypto::Sha256(holder))).substr(0, kSessionDigits);
}

// Whether the store keeps to the policy of new keys. Their folder's name without a slash would list
// the folder and what begins alike beside it, which no policy of ours allows. Only the store's own
// word for this counts: keys that it does not know yet, or a proxy's refusal, prove nothing.
Status ProveNarrowed(const S3Bucket& bucket, const std::string& path, const Credentials& keys) {
  if (path.empty()) return {};  // nothing is outside of the whole bucket
  S3Request request{.operation = "list", .limit = kMaxXml};
  request.query = {{"list-type", "2"}, {"max-keys", "1"}, {"prefix", path}};
  const net::ClientResponse response =
      TRY(bucket.SendWith(std::make_shared<const Credentials>(keys), request));
  const auto error = ParseS3Error(response.body);
  if (response.status == 403 && error.has_value() && error->code == "AccessDenied") return {};
  const std::string tried =
      fmt::format("a listing of '{}' in bucket {} with keys for '{}/' alone: status {}{}", path,
                  bucket.name(), path, response.status, error ? ' ' + error->code : "");
  if (response.status >= 200 && response.status < 300) {
    return Fail(Code::kPermissionDenied,
                "the store gives more than the table to keys made for it: look for a bucket policy "
                "that names the server's user or role, and take it away; see directory access in "
                "docs/guide/object-stores.md",
                tried);
  }
  return Fail(Code::kUnavailable, "the store does not tell whether new keys open the table alone",
              tried);
}

class NarrowedRole final : public CredentialSource {
 public:
  NarrowedRole(std::shared_ptr<const S3Bucket> bucket, std::string path, RoleToAssume role,
               CredentialContext context)
      : bucket_(std::move(bucket)),
        path_(std::move(path)),
        role_(std::move(role)),
        context_(std::move(context)) {}

  std::string name() const override { return fmt::format("role {} for a folder", role_.arn); }

  Result<Credentials> Fetch() override {
    const auto caller = TRY(bucket_->Keys());
    Credentials keys = TRY(AssumeRole(context_, role_, *caller));
    TRY(ProveNarrowed(*bucket_, path_, keys));
    return keys;
  }

 private:
  const std::shared_ptr<const S3Bucket> bucket_;
  const std::string path_;
  const RoleToAssume role_;
  const CredentialContext context_;
};

}  // namespace

S3Vendor::S3Vendor(std::shared_ptr<const S3Bucket> bucket, std::string path, DirectoryAccess access,
                   CredentialContext context)
    : bucket_(std::move(bucket)),
      path_(std::move(path)),
      access_(std::move(access)),
      context_(std::move(context)) {}

Result<TemporaryKeys> S3Vendor::Vend(const std::string& holder,
                                     std::chrono::seconds lifetime) const {
  const auto cache = TRY(KeysOf(holder, lifetime));
  const auto current = TRY(cache->Current());
  TemporaryKeys keys;
  keys.access_key_id = current->access_key_id;
  keys.secret_access_key = current->secret_access_key;
  keys.session_token = current->session_token;
  keys.expires = current->expires.value_or(context_.clock.Now());  // STS always tells
  return keys;
}

Result<std::shared_ptr<CredentialCache>> S3Vendor::KeysOf(const std::string& holder,
                                                          std::chrono::seconds lifetime) const {
  const std::lock_guard lock(mutex_);
  if (const auto known = holders_.find(holder);
      known != holders_.end() && known->second.lifetime == lifetime) {
    known->second.used = ++turn_;
    return known->second.keys;
  }
  RoleToAssume role{.arn = access_.role_arn,
                    .external_id = access_.external_id,
                    .session_name = SessionName(holder),
                    .duration = lifetime};
  role.policy = TRY(ReadPolicy(bucket_->name(), path_, access_));
  if (holders_.size() >= kMostHolders) ForgetLeastUsed();
  auto source = std::make_unique<NarrowedRole>(bucket_, path_, std::move(role), context_);
  auto keys = std::make_shared<CredentialCache>(std::move(source), context_.clock, lifetime / 2);
  holders_.insert_or_assign(holder, Holder{lifetime, keys, ++turn_});
  return keys;
}

void S3Vendor::ForgetLeastUsed() const {
  const auto least = std::ranges::min_element(holders_, std::less<>{},
                                              [](const auto& item) { return item.second.used; });
  if (least != holders_.end()) holders_.erase(least);
}

}  // namespace sluice::storage
