// client/profile.h -- a profile file: where a sharing server is, and how one speaks to it.
//
// Protocol: Delta Sharing PROTOCOL.md, "Profile File Format". Version 1 holds a bearer token;
// version 2 names its type, of which "oauth_client_credentials" is read here, as the official
// clients do.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace sluice::client {

// RFC 6749, 4.4: a token is asked for with these.
struct ClientCredentials {
  std::string token_endpoint;
  std::string id;
  std::string secret;
  std::string scope{};
};

struct Profile {
  std::string endpoint;        // without a slash at its end
  std::string bearer_token{};  // empty with credentials
  std::optional<TimePoint> expires{};
  std::optional<ClientCredentials> credentials{};
};

// Errors: kInvalidArgument  not a profile; the message names the field, never a secret
//         kUnsupported      a version or type of profile that is not read here
Result<Profile> ParseProfile(std::string_view text);

// The endpoint as Profile has it. Errors: kInvalidArgument  no http or https URL
Result<std::string> CheckEndpoint(std::string_view url);

}  // namespace sluice::client
