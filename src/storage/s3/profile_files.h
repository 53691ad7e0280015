// storage/s3/profile_files.h -- the shared files of Amazon's tools: ~/.aws/credentials and config.
//
// Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files". Lines that are
// indented deeper than the property above them belong to it (nested properties) and are passed
// over; sections that are no profiles as well.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "storage/store_options.h"

namespace sluice::storage {

// Wiped when it goes: some values are secret.
struct Profile {
  std::map<std::string, std::string, std::less<>> values;  // by name in lower case

  Profile() = default;
  Profile(const Profile&) = default;
  Profile& operator=(const Profile&) = default;
  ~Profile();

  // Empty: it is not there.
  std::string Value(std::string_view key) const;
  bool Has(std::string_view key) const { return !Value(key).empty(); }
};

using Profiles = std::map<std::string, Profile, std::less<>>;

enum class ProfileFile { kCredentials, kConfig };

// Errors: kPermissionDenied  a line that is nothing; the detail has its number, never its text
Result<Profiles> ParseProfiles(std::string_view text, ProfileFile kind);

// Both files as AWS_SHARED_CREDENTIALS_FILE, AWS_CONFIG_FILE and HOME say; what the first one has
// counts. A file that is not there is empty.
// Errors: kPermissionDenied  a file cannot be read, is too large or broken
Result<Profiles> LoadProfiles(const Environment& environment);

// `asked`, else AWS_PROFILE, else "default".
std::string ProfileName(const std::string& asked, const Environment& environment);

}  // namespace sluice::storage
