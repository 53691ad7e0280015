#include <algorithm>
#include <array>
#include <charconv>

#include "base/ip_network.h"
#include "base/log.h"
#include "db/database.h"
#include "server/settings_parts.h"

namespace sluice::server {
namespace {

bool IsVisibleAscii(char byte) { return byte > ' ' && byte < '\x7f'; }

std::unexpected<Error> Must(std::string message) {
  return Fail(Code::kInvalidArgument, "must " + std::move(message));
}

bool IsLetterOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// At least one and at most `most` letters, digits and characters of `others`.
bool IsPlain(std::string_view text, std::string_view others, size_t most) {
  const auto allowed = [&](char c) {
    return IsLetterOrDigit(c) || others.find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= most && std::ranges::all_of(text, allowed);
}

// "http://host", "https://host:9000", "https://[::1]:9000", and nothing behind.
bool IsHostUrl(std::string_view text) {
  const bool web = text.starts_with("http://") || text.starts_with("https://");
  if (!web) return false;
  std::string_view host = text.substr(text.find("://") + 3);
  if (host.starts_with('[')) {
    const size_t end = host.find(']');
    if (end == std::string_view::npos || !IsPlain(host.substr(1, end - 1), ":.", 64)) return false;
    host.remove_prefix(end + 1);
  } else {
    const std::string_view name = host.substr(0, host.find(':'));
    if (!IsPlain(name, "-._", 253)) return false;
    host.remove_prefix(name.size());
  }
  if (host.empty()) return true;
  host.remove_prefix(1);
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(host.data(), host.data() + host.size(), port);
  return !host.empty() && error == std::errc() && end == host.data() + host.size() && port != 0;
}

std::string ListOf(std::span<const std::string_view> words) {
  std::string list;
  for (const std::string_view word : words) list.append(list.empty() ? "" : ", ").append(word);
  return list;
}

Status CheckOneOf(std::string_view text, std::span<const std::string_view> words) {
  if (std::ranges::find(words, text) != words.end()) return {};
  return Must("be one of " + ListOf(words));
}

}  // namespace

Status CheckToken(std::string_view text) {
  if (text.empty()) return Fail(Code::kInvalidArgument, "must not be empty");
  if (text.size() > 8192 || !std::ranges::all_of(text, IsVisibleAscii)) {
    return Fail(Code::kInvalidArgument,
                "must be 1 to 8192 visible ASCII characters without spaces, else no client can "
                "send it");
  }
  return {};
}

Status CheckHost(std::string_view text) {
  if (text.empty() || text.size() > 253 || !std::ranges::all_of(text, IsVisibleAscii) ||
      text.find('/') != std::string_view::npos) {
    return Fail(Code::kInvalidArgument,
                "must be a host name or an address without a port, like 'localhost' or '0.0.0.0'");
  }
  return {};
}

Status CheckPublicUrl(std::string_view text) {
  const bool web = text.starts_with("http://") || text.starts_with("https://");
  const size_t host = text.find("://") + 3;
  const bool bare = web && text.size() > host &&
                    text.find_first_of("/?#@ \t\r\n\"", host) == std::string_view::npos;
  if (bare) return {};
  return Fail(Code::kInvalidArgument, "must be scheme and host alone: https://share.example.com");
}

Status CheckNetwork(std::string_view text) {
  const auto network = IpNetwork::Parse(text);
  if (network.has_value()) return {};
  return Fail(Code::kInvalidArgument,
              "holds no address and no network: " + network.error().message);
}

Status CheckForwardedHeader(std::string_view text) {
  constexpr std::string_view kHeaders[] = {"X-Forwarded-For", "Forwarded"};
  return CheckOneOf(text, kHeaders);
}

Status CheckEndpoint(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~/").find(c) != std::string_view::npos;
  };
  const bool sound = text.starts_with('/') && std::ranges::all_of(text, allowed) &&
                     text.find("//") == std::string_view::npos;
  if (sound && text.find("/.") == std::string_view::npos) return {};
  return Fail(
      Code::kInvalidArgument,
      "must be a path that begins with '/', of letters, digits, '-', '.', '_', '~' and '/'");
}

Status CheckLogLevel(std::string_view text) {
  if (log::ParseLevel(text).has_value()) return {};
  return Fail(Code::kInvalidArgument, "must be one of debug, info, warn, error, off");
}

Status CheckDatabaseUrl(std::string_view text) {
  if (db::IsUrl(text)) return {};
  return Must("be the URL of a database, as in postgresql://sluice@db.example.com/sluice");
}

Status CheckNotEmpty(std::string_view text) {
  if (!text.empty()) return {};
  return Fail(Code::kInvalidArgument, "must not be empty");
}

Status CheckStoreName(std::string_view text) {
  if (IsPlain(text, "-_.", 64)) return {};
  return Must("be 1 to 64 letters, digits, '-', '_' and '.'");
}

// It becomes part of a host name.
Status CheckRegion(std::string_view text) {
  if (IsPlain(text, "-_", 64)) return {};
  return Must("be 1 to 64 letters, digits, '-' and '_', like eu-central-1");
}

Status CheckStoreUrl(std::string_view text) {
  if (IsHostUrl(text)) return {};
  return Must("be scheme, host and perhaps a port alone: https://minio.example.com:9000");
}

Status CheckProxy(std::string_view text) {
  if (text == "none") return {};
  const size_t host = text.find("://") + 3;
  const size_t at = text.rfind('@');
  std::string bare(text);
  // Name and password of the proxy stand before the '@'.
  if (text.find("://") != std::string_view::npos && at != std::string_view::npos && at >= host) {
    const std::string_view user = text.substr(host, at - host);
    if (!user.empty() && std::ranges::all_of(user, IsVisibleAscii) &&
        user.find_first_of("/?#") == std::string_view::npos) {
      bare.erase(host, at + 1 - host);
    }
  }
  if (IsHostUrl(bare)) return {};
  return Must("be a URL like http://proxy.example.com:3128, or none");
}

Status CheckAddressing(std::string_view text) {
  constexpr std::array<std::string_view, 3> kWords = {"auto", "path", "virtual-host"};
  return CheckOneOf(text, kWords);
}

Status CheckCredentialSource(std::string_view text) {
  constexpr std::array<std::string_view, 8> kWords = {"default",  "static",       "environment",
                                                      "profile",  "web-identity", "container",
                                                      "instance", "anonymous"};
  return CheckOneOf(text, kWords);
}

// Key, secret or session token: they go into headers.
Status CheckKeyPart(std::string_view text) {
  if (!text.empty() && text.size() <= 16'384 && std::ranges::all_of(text, IsVisibleAscii)) {
    return {};
  }
  return Must("be visible ASCII characters without spaces");
}

Status CheckProfile(std::string_view text) {
  const bool sound =
      !text.empty() && text.size() <= 255 && text.find_first_of("[]\r\n") == std::string_view::npos;
  if (sound) return {};
  return Must("be the name of a profile in ~/.aws/credentials or ~/.aws/config");
}

Status CheckRoleArn(std::string_view text) {
  const bool sound = text.starts_with("arn:") && text.size() <= 2048 &&
                     text.find(":role/") != std::string_view::npos &&
                     std::ranges::all_of(text, IsVisibleAscii);
  if (sound) return {};
  return Must("be like arn:aws:iam::123456789012:role/reader");
}

// Of a key, not of an alias, which policies do not know; and none that stands for several.
Status CheckKmsKeyArn(std::string_view text) {
  const bool sound = text.starts_with("arn:") && text.size() <= 256 &&
                     text.find(":kms:") != std::string_view::npos &&
                     text.find(":key/") != std::string_view::npos && IsPlain(text, ":/-_", 256);
  if (sound) return {};
  return Must("be like arn:aws:kms:eu-central-1:123456789012:key/ and the key's id");
}

// The character sets are those of the AssumeRole call.
Status CheckExternalId(std::string_view text) {
  if (text.size() >= 2 && IsPlain(text, "_+=,.@:/-", 1224)) return {};
  return Must("be 2 to 1224 letters, digits and characters of _+=,.@:/-");
}

Status CheckRoleSessionName(std::string_view text) {
  if (text.size() >= 2 && IsPlain(text, "_+=,.@-", 64)) return {};
  return Must("be 2 to 64 letters, digits and characters of _+=,.@-");
}

}  // namespace sluice::server
