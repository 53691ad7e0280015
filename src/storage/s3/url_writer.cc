#include "storage/s3/url_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"

namespace sluice::storage {
namespace {

using std::chrono::seconds;

constexpr seconds kLongest{604'800};

// Of links that are issued at `now`: at least a second, since a link of no lifetime is refused by
// the store as a broken one.
seconds CutLifetime(TimePoint now, seconds lifetime, const Credentials& credentials) {
  lifetime = std::min(lifetime, kLongest);
  if (credentials.expires) {
    lifetime = std::min(lifetime, std::chrono::floor<seconds>(*credentials.expires - now));
  }
  return std::max(lifetime, seconds(1));
}

class PlainUrls final : public UrlWriter {
 public:
  PlainUrls(const UrlTarget& target, TimePoint expires)
      : head_(target.origin + target.path_prefix), expires_(expires) {}
  void Append(std::string_view key, std::string& out) override {
    out += head_;
    AppendUriEncoded(key, true, out);
  }
  TimePoint expires() const override { return expires_; }

 private:
  const std::string head_;
  const TimePoint expires_;
};

class SignedUrls final : public UrlWriter {
 public:
  SignedUrls(const UrlTarget& target, const SigningKeys& keys, TimePoint issued, seconds lifetime)
      : SignedUrls(target, keys, SigningTime(issued), lifetime, issued + lifetime) {}

  void Append(std::string_view key, std::string& out) override {
    out += head_;
    const size_t begin = out.size();
    AppendUriEncoded(key, true, out);
    crypto::Sha256Stream request = request_begin_;
    request.Add(std::string_view(out).substr(begin)).Add(request_end_);
    scratch_.clear();
    AppendHex(crypto::View(request.Finish()), scratch_);
    out += query_;
    AppendHex(crypto::View(key_.Sign(scratch_)), out);
  }
  TimePoint expires() const override { return expires_; }

 private:
  SignedUrls(const UrlTarget& target, const SigningKeys& keys, const std::string& stamp,
             seconds lifetime, TimePoint expires)
      : head_(target.origin + target.path_prefix),
        key_(
            keys.KeyOf(stamp.substr(0, kDayLength)).After(StringToSignPrefix(stamp, keys.scope()))),
        expires_(expires) {
    const Credentials& credentials = keys.credentials();
    const std::string credential =
        credentials.access_key_id + "/" +
        CredentialScope(std::string_view(stamp).substr(0, kDayLength), keys.scope());
    std::string common = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=";
    AppendUriEncoded(credential, false, common);
    common += fmt::format("&X-Amz-Date={}&X-Amz-Expires={}", stamp, lifetime.count());
    constexpr std::string_view kSignedHeaders = "&X-Amz-SignedHeaders=host";
    std::string token;
    if (!credentials.session_token.empty()) {
      token = "&X-Amz-Security-Token=";
      AppendUriEncoded(credentials.session_token, false, token);
    }
    // Signed is the sorted query; sent is the order of Amazon's own SDK for Python, so that links
    // can be compared with its byte for byte.
    query_ = fmt::format("?{}{}{}&X-Amz-Signature=", common, kSignedHeaders, token);
    request_end_ = fmt::format("\n{}{}{}\nhost:{}\n\nhost\n{}", common, token, kSignedHeaders,
                               target.host, kUnsignedPayload);
    request_begin_.Add("GET\n").Add(target.path_prefix);
    scratch_.reserve(2 * sizeof(crypto::Digest));
  }

  const std::string head_;
  std::string query_;
  crypto::Sha256Stream request_begin_;  // of the canonical request, up to the key
  std::string request_end_;             // of the canonical request, behind the key
  crypto::Hmac key_;                    // has the beginning of what is signed in it
  std::string scratch_;
  const TimePoint expires_;
};

}  // namespace

std::unique_ptr<UrlWriter> MakeUrlWriter(const UrlTarget& target,
                                         const std::shared_ptr<const SigningKeys>& keys,
                                         TimePoint now, seconds lifetime) {
  const TimePoint issued = std::chrono::floor<seconds>(now);
  lifetime = CutLifetime(issued, lifetime, keys->credentials());
  if (keys->credentials().anonymous()) {
    return std::make_unique<PlainUrls>(target, issued + lifetime);
  }
  return std::make_unique<SignedUrls>(target, *keys, issued, lifetime);
}

}  // namespace sluice::storage
