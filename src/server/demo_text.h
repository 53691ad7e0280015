// server/demo_text.h -- what the demo writes: its configuration, its profile, and what to try next.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/crypto/random.h"

namespace sluice::server {

// A token nobody can guess: 32 random bytes as base64url.
std::string Base64UrlToken(Random& random);

// The first line of the configuration file: what lacks it was not made by the demo.
inline constexpr std::string_view kDemoMark = "# Made by `sluice demo`.";

// The configuration file, as a user would write it. `dir` is absolute.
std::string DemoConfigText(const std::filesystem::path& dir, const std::string& token,
                           uint16_t port);

// A profile file: Delta Sharing PROTOCOL.md, "Profile File Format".
std::string DemoProfileText(const std::string& endpoint, const std::string& token);

// curl, pandas and DuckDB snippets that can be pasted as they are.
std::string DemoNextSteps(const std::string& endpoint, const std::filesystem::path& dir);

bool IsTerminal(std::FILE* stream);

}  // namespace sluice::server
