#include "client/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "base/json.h"
#include "base/timestamp.h"

namespace sluice::client {
namespace {

Result<std::string> Text(const json::Object& profile, std::string_view field) {
  const json::Value* value = profile.if_contains(field);
  if (value == nullptr || !value->is_string() || value->get_string().empty()) {
    return Fail(Code::kInvalidArgument, fmt::format("the profile has no text '{}'", field));
  }
  return std::string(value->get_string());
}

Result<ClientCredentials> ReadCredentials(const json::Object& profile) {
  ClientCredentials credentials;
  credentials.token_endpoint = TRY(Text(profile, "tokenEndpoint"));
  credentials.id = TRY(Text(profile, "clientId"));
  credentials.secret = TRY(Text(profile, "clientSecret"));
  if (profile.contains("scope")) credentials.scope = TRY(Text(profile, "scope"));
  TRY_CONTEXT("tokenEndpoint", CheckEndpoint(credentials.token_endpoint));
  return credentials;
}

Status ReadVersion1(const json::Object& json, Profile& profile) {
  profile.bearer_token = TRY(Text(json, "bearerToken"));
  const json::Value* expires = json.if_contains("expirationTime");
  if (expires == nullptr || expires->is_null()) return {};
  const std::string text = TRY(Text(json, "expirationTime"));
  profile.expires = TRY(ParseTimestamp(text));
  return {};
}

Status ReadVersion2(const json::Object& json, Profile& profile) {
  const std::string type = TRY(Text(json, "type"));
  if (type != "oauth_client_credentials") {
    return Fail(
        Code::kUnsupported,
        "of profiles of version 2 only type 'oauth_client_credentials' is read; ask for one "
        "with a bearer token (version 1)");
  }
  profile.credentials = TRY(ReadCredentials(json));
  return {};
}

}  // namespace

Result<std::string> CheckEndpoint(std::string_view url) {
  const size_t scheme = url.find("://");
  const std::string name = AsciiLower(url.substr(0, std::min(scheme, url.size())));
  const bool web = scheme != std::string_view::npos && (name == "http" || name == "https");
  if (!web || url.size() == scheme + 3 || url.find_first_of(" ?#\r\n") != std::string_view::npos) {
    return Fail(Code::kInvalidArgument,
                "the endpoint is not a URL like https://host/delta-sharing");
  }
  while (url.ends_with('/')) url.remove_suffix(1);
  return std::string(url);
}

Result<Profile> ParseProfile(std::string_view text) {
  const json::Value value = TRY(json::Parse(text));
  if (!value.is_object()) return Fail(Code::kInvalidArgument, "the profile is no JSON object");
  const json::Object& json = value.get_object();
  const json::Value* version = json.if_contains("shareCredentialsVersion");
  if (version == nullptr || !version->is_int64()) {
    return Fail(Code::kInvalidArgument, "the profile has no number 'shareCredentialsVersion'");
  }
  Profile profile;
  const std::string endpoint = TRY(Text(json, "endpoint"));
  profile.endpoint = TRY(CheckEndpoint(endpoint));
  if (version->get_int64() == 1) {
    TRY(ReadVersion1(json, profile));
  } else if (version->get_int64() == 2) {
    TRY(ReadVersion2(json, profile));
  } else {
    return Fail(Code::kUnsupported,
                fmt::format("profiles of version {} are not read here", version->get_int64()));
  }
  return profile;
}

}  // namespace sluice::client
