#include "storage/s3/credential_http.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/crypto/crypto.h"
#include "base/encoding.h"
#include "base/json.h"
#include "base/timestamp.h"
#include "storage/s3/credential_place.h"

namespace sluice::storage {
namespace {

constexpr int kAttempts = 3;
constexpr ByteCount kMaxAnswer = KiB(256);
constexpr size_t kMaxQuoted = 300;

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

std::unexpected<Error> NoAnswer(const Error& error, std::string_view service) {
  if (error.code == Code::kUnavailable) {
    return NoCredentials(Code::kUnavailable, fmt::format("{} does not answer", service),
                         error.detail);
  }
  const Code code =
      error.code == Code::kResourceExhausted ? Code::kUnavailable : Code::kPermissionDenied;
  return NoCredentials(code, fmt::format("{}: {}", service, error.message), error.detail);
}

// Empty: it is not there, or no text.
std::string Text(const json::Object& object, std::string_view key) {
  const json::Value* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return {};
  return std::string(value->get_string());
}

void Blot(std::string_view secret, std::string& text) {
  constexpr std::string_view kBlot = "***";
  if (secret.empty()) return;
  for (size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
    text.replace(at, secret.size(), kBlot);
    at += kBlot.size();
  }
}

Result<Credentials> ReadDocument(const json::Object& document, std::string_view service) {
  Credentials credentials;
  credentials.access_key_id = Text(document, "AccessKeyId");
  credentials.secret_access_key = Text(document, "SecretAccessKey");
  credentials.session_token = Text(document, "Token");
  const std::string code = Text(document, "Code");
  if (!code.empty() && code != "Success") {
    const std::initializer_list<std::string_view> secrets = {credentials.secret_access_key,
                                                             credentials.session_token};
    return NoCredentials(
        Code::kPermissionDenied, fmt::format("{} has none to give", service),
        fmt::format("{}: {}", Quoted(code, secrets), Quoted(Text(document, "Message"), secrets)));
  }
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
    return NoCredentials(Code::kUnavailable, fmt::format("{} sent no keys", service));
  }
  if (document.contains("Expiration")) {
    const Result<TimePoint> expires = ParseTimestamp(Text(document, "Expiration"));
    if (!expires.has_value()) {
      return NoCredentials(Code::kUnavailable,
                           fmt::format("{} sent keys with an end that is no time", service));
    }
    credentials.expires = *expires;
  }
  return credentials;
}

}  // namespace

Result<net::ClientResponse> AskService(net::HttpPool& pool, const net::ClientRequest& request,
                                       std::string_view service) {
  for (int attempt = 1;; ++attempt) {
    Result<net::ClientResponse> response = pool.Call(request, kMaxAnswer);
    const bool passing = response.has_value() ? response->status >= 500
                                              : response.error().code == Code::kUnavailable;
    if (passing && attempt < kAttempts) continue;
    if (!response.has_value()) return NoAnswer(response.error(), service);
    return response;
  }
}

std::string Quoted(std::string_view said, std::initializer_list<std::string_view> secrets) {
  std::string text(said);
  for (const std::string_view secret : secrets) {
    Blot(secret, text);
    Blot(PercentEncode(secret), text);
  }
  // STS goes on, when a signature does not match, with the whole of what it would have signed.
  text.resize(std::min({text.size(), text.find_first_of("\r\n"), kMaxQuoted}));
  std::ranges::replace_if(text, IsControl, ' ');
  return text;
}

bool IsHeaderValue(std::string_view text) { return std::ranges::none_of(text, IsControl); }

Result<Credentials> ParseCredentialDocument(std::string& body, std::string_view service) {
  const Result<json::Value> value = json::Parse(body);
  crypto::Wipe(body);
  if (!value.has_value() || !value->is_object()) {
    return NoCredentials(Code::kUnavailable,
                         fmt::format("{} sent what is no JSON object", service));
  }
  return ReadDocument(value->get_object(), service);
}

}  // namespace sluice::storage
