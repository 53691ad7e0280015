#include "sharing/profile_file.h"

#include "base/json.h"
#include "base/timestamp.h"

namespace sluice::sharing {

std::string RenderProfile(const ProfileFile& profile) {
  std::string text = "{\n  \"shareCredentialsVersion\": 1,\n  \"endpoint\": ";
  json::AppendQuoted(profile.endpoint, text);
  text += ",\n  \"bearerToken\": ";
  json::AppendQuoted(profile.bearer_token, text);
  if (profile.expires) {
    text += ",\n  \"expirationTime\": ";
    json::AppendQuoted(FormatTimestamp(*profile.expires), text);
  }
  return text + "\n}\n";
}

}  // namespace sluice::sharing
