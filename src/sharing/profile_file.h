// sharing/profile_file.h -- the file that a recipient's tools are given: config.share.
//
// Protocol: Delta Sharing PROTOCOL.md, "Profile File Format", version 1, the one with a bearer
// token that every client reads.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"

namespace sluice::sharing {

struct ProfileFile {
  std::string endpoint;  // "https://share.example.com/delta-sharing"
  std::string bearer_token;
  std::optional<TimePoint> expires{};  // none: never
};

// JSON, a field a line.
std::string RenderProfile(const ProfileFile& profile);

}  // namespace sluice::sharing
