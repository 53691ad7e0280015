#include "storage/s3/sigv4.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/encoding.h"

namespace sluice::storage {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kTerminator = "aws4_request";
constexpr std::string_view kSpace = " \t\r\n\v\f";

constexpr std::array<bool, 256> kUnreserved = [] {
  std::array<bool, 256> unreserved = {};
  for (size_t c = '0'; c <= '9'; ++c) unreserved[c] = true;
  for (size_t c = 'a'; c <= 'z'; ++c) unreserved[c] = true;
  for (size_t c = 'A'; c <= 'Z'; ++c) unreserved[c] = true;
  for (const char c : std::string_view("-._~")) unreserved[static_cast<size_t>(c)] = true;
  return unreserved;
}();

// Without space around it, and with single spaces in it.
std::string Trimmed(std::string_view value) {
  std::string trimmed;
  while (true) {
    value.remove_prefix(std::min(value.find_first_not_of(kSpace), value.size()));
    if (value.empty()) return trimmed;
    const size_t word = std::min(value.find_first_of(kSpace), value.size());
    if (!trimmed.empty()) trimmed += ' ';
    trimmed += value.substr(0, word);
    value.remove_prefix(word);
  }
}

struct SignedHeaders {
  std::string lines;  // "host:example.com\n...", sorted
  std::string names;  // "host;..."
};

SignedHeaders CanonicalHeaders(std::string_view host, const net::Headers& headers) {
  std::map<std::string, std::string> sorted;
  sorted["host"] = host;
  for (const auto& [name, value] : headers.fields()) {
    const auto [at, is_new] = sorted.try_emplace(AsciiLower(name));
    if (!is_new) at->second += ',';
    at->second += Trimmed(value);
  }
  SignedHeaders canonical;
  for (const auto& [name, value] : sorted) {
    canonical.lines += fmt::format("{}:{}\n", name, value);
    if (!canonical.names.empty()) canonical.names += ';';
    canonical.names += name;
  }
  return canonical;
}

}  // namespace

void AppendUriEncoded(std::string_view text, bool keep_slash, std::string& out) {
  constexpr std::string_view kHexDigits = "0123456789ABCDEF";
  size_t plain = 0;  // where the run of bytes begins that stay as they are
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (kUnreserved[byte] || (byte == '/' && keep_slash)) continue;
    out.append(text, plain, i - plain);
    const std::array<char, 3> escape = {'%', kHexDigits[byte >> 4], kHexDigits[byte & 15]};
    out.append(escape.data(), escape.size());
    plain = i + 1;
  }
  out.append(text, plain);
}

std::string EncodedQuery(const std::vector<std::pair<std::string, std::string>>& query) {
  std::vector<std::pair<std::string, std::string>> encoded(query.size());
  for (size_t i = 0; i < query.size(); ++i) {
    AppendUriEncoded(query[i].first, false, encoded[i].first);
    AppendUriEncoded(query[i].second, false, encoded[i].second);
  }
  std::sort(encoded.begin(), encoded.end());
  std::string text;
  for (const auto& [name, value] : encoded) {
    if (!text.empty()) text += '&';
    text += name;
    text += '=';
    text += value;
  }
  return text;
}

std::string SigningTime(TimePoint time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto days = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss clock(seconds - days);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::string CredentialScope(std::string_view day, const SigningScope& scope) {
  return fmt::format("{}/{}/{}/{}", day, scope.region, scope.service, kTerminator);
}

std::string StringToSignPrefix(std::string_view time, const SigningScope& scope) {
  return fmt::format("{}\n{}\n{}\n", kAlgorithm, time,
                     CredentialScope(time.substr(0, kDayLength), scope));
}

SigningKeys::SigningKeys(std::shared_ptr<const Credentials> credentials, SigningScope scope)
    : credentials_(std::move(credentials)), scope_(std::move(scope)) {}

crypto::Hmac SigningKeys::KeyOf(std::string_view day) const {
  const std::lock_guard lock(mutex_);
  if (!key_ || day_ != day) {
    std::string secret = "AWS4" + credentials_->secret_access_key;
    crypto::Hmac key(secret);
    crypto::Wipe(secret);
    const std::string_view service = scope_.service;
    for (const std::string_view part :
         {day, std::string_view(scope_.region), service, kTerminator}) {
      key = crypto::Hmac(crypto::View(key.Sign(part)));
    }
    key_ = std::make_unique<crypto::Hmac>(std::move(key));
    day_ = day;
  }
  return *key_;
}

net::Headers SignHeaders(const RequestToSign& request, const SigningKeys& keys, TimePoint time) {
  net::Headers headers = request.headers;
  const Credentials& credentials = keys.credentials();
  if (credentials.anonymous()) return headers;
  const std::string stamp = SigningTime(time);
  const std::string_view day = std::string_view(stamp).substr(0, kDayLength);
  headers.Set("x-amz-date", stamp);
  if (keys.scope().service == "s3") {
    headers.Set("x-amz-content-sha256", std::string(request.body_hash));
  }
  if (!credentials.session_token.empty()) {
    headers.Set("x-amz-security-token", credentials.session_token);
  }
  const SignedHeaders canonical = CanonicalHeaders(request.host, headers);
  const std::string text =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method,
                  request.encoded_path.empty() ? "/" : request.encoded_path,
                  EncodedQuery(request.query), canonical.lines, canonical.names, request.body_hash);
  const std::string to_sign =
      StringToSignPrefix(stamp, keys.scope()) + Hex(crypto::View(crypto::Sha256(text)));
  const crypto::Digest signature = keys.KeyOf(day).Sign(to_sign);
  headers.Set("Authorization",
              fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm,
                          credentials.access_key_id, CredentialScope(day, keys.scope()),
                          canonical.names, Hex(crypto::View(signature))));
  return headers;
}

}  // namespace sluice::storage
