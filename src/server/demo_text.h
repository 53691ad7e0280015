// server/demo_text.h -- what the demo writes: its configuration, its profile, and what to try next.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>

namespace sluice::server {

// A profile file: Delta Sharing PROTOCOL.md, "Profile File Format".
std::string DemoProfileText(const std::string& endpoint, const std::string& token);

// 598450 -> "598,450"
std::string Grouped(int64_t number);

// How the portal is opened; curl, pandas and DuckDB snippets that can be pasted as they are.
// `url` is the server's: "http://127.0.0.1:8080".
std::string DemoNextSteps(const std::string& url, const std::string& endpoint,
                          const std::filesystem::path& dir);

bool IsTerminal(std::FILE* stream);

}  // namespace sluice::server
