#include "sharing/file_link.h"

#include <array>

#include "base/encoding.h"
#include "sharing/errors.h"
#include "sharing/packed.h"

namespace sluice::sharing {
namespace {

// 192 bits of the MAC: no padding in base64, and shorter links.
constexpr size_t kMacSize = 24;
constexpr size_t kNameSize = 8;     // bytes
constexpr size_t kFilterSize = 12;  // the same
constexpr std::string_view kSignatureParameter = "?X-Databricks-Signature=";

std::string_view Truncated(const crypto::Digest& digest) {
  return crypto::View(digest).substr(0, kMacSize);
}

int64_t Seconds(TimePoint t) {
  return std::chrono::duration_cast<std::chrono::seconds>(t.time_since_epoch()).count();
}

}  // namespace

LinkKey::LinkKey(std::string_view master_key)
    : hmac_(crypto::Hkdf(master_key, "sluice file link")),
      names_(crypto::Hkdf(master_key, "sluice file link location")),
      id_(static_cast<uint8_t>(crypto::Hkdf(master_key, "sluice file link id", 1)[0])) {}

Result<LinkTarget> LinkKey::Verify(std::string_view payload, std::string_view signature) const {
  const auto refuse = [](std::string_view why) {
    return Fail(Code::kPermissionDenied, std::string(errors::kLinkRefused), std::string(why));
  };
  crypto::Hmac hmac = hmac_;
  const crypto::Digest mac = hmac.Sign(payload);
  if (!crypto::ConstantTimeEquals(Base64Url(Truncated(mac)), signature)) {
    return refuse("the link's signature does not fit");
  }
  const Result<std::string> bytes = DecodeBase64Url(payload);
  if (!bytes) return refuse("the link's payload is not base64url");
  Unpacker in(*bytes);
  LinkTarget target;
  const uint64_t key_id = in.Number();
  target.grant.issued = TimePoint(std::chrono::seconds(static_cast<int64_t>(in.Number())));
  target.grant.lifetime = std::chrono::seconds(static_cast<int64_t>(in.Number()));
  target.grant.version = static_cast<delta::Version>(in.Number());
  target.grant.principal = in.Text();
  target.grant.object = in.Text();
  // The name of a location, what is left of a filter's hash, both, or none; then at most two bytes
  // that only pad. So the length tells what there is.
  auto padded = in.Text();
  const bool filtered = padded.size() >= kFilterSize;
  if (padded.size() >= kFilterSize + kNameSize || (!filtered && padded.size() >= kNameSize)) {
    target.location = padded.substr(0, kNameSize);
    padded.remove_prefix(kNameSize);
  }
  if (filtered) target.grant.filter = padded.substr(0, kFilterSize);
  const uint64_t size_plus_one = in.Number();
  if (size_plus_one != 0) target.size = size_plus_one - 1;
  target.file = in.Rest();
  if (!in.ok() || key_id != id_) return refuse("the link's payload is of another form");
  return target;
}

std::string LinkKey::NameOf(std::string_view location) const {
  crypto::Hmac hmac = names_;
  return std::string(crypto::View(hmac.Sign(location)).substr(0, kNameSize));
}

std::string LinkKey::ShortHash(std::string_view filter) {
  if (filter.empty()) return {};
  return std::string(crypto::View(crypto::Sha256(filter)).substr(0, kFilterSize));
}

LinkWriter::LinkWriter(const LinkKey& key, const LinkGrant& grant, std::string_view base,
                       std::string_view location)
    : hmac_(key.hmac_), head_(std::string(base) + "/files/") {
  std::string packed;
  PackNumber(key.id_, packed);
  PackNumber(static_cast<uint64_t>(Seconds(grant.issued)), packed);
  PackNumber(static_cast<uint64_t>(grant.lifetime.count()), packed);
  PackNumber(static_cast<uint64_t>(grant.version), packed);
  PackText(grant.principal, packed);
  PackText(grant.object, packed);
  // Padded to whole groups of base64, so that the common part is encoded once for all files.
  std::string padded = std::string(location) + LinkKey::ShortHash(grant.filter);
  padded.append((2 - (packed.size() + padded.size()) % 3 + 3) % 3, '\0');
  PackText(padded, packed);
  common_ = Base64Url(packed);
}

void LinkWriter::Append(std::string_view file, std::optional<uint64_t> size,
                        std::string_view extension, std::string& out) {
  out += head_;
  const size_t payload = out.size();
  out += common_;
  rest_.clear();
  PackNumber(size ? *size + 1 : 0, rest_);
  rest_ += file;
  AppendBase64Url(rest_, out);
  const crypto::Digest mac = hmac_.Sign(std::string_view(out).substr(payload));
  std::array<char, kMacSize / 3 * 4> text;
  rest_.clear();
  AppendBase64Url(Truncated(mac), rest_);
  rest_.copy(text.data(), text.size());
  out += '/';
  out.append(text.data(), 12);  // a name that differs from file to file, for people who download
  out += extension;
  out += kSignatureParameter;
  out.append(text.data(), text.size());
}

}  // namespace sluice::sharing
