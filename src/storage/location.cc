#include "storage/location.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/encoding.h"

namespace sluice::storage {
namespace {

constexpr std::string_view kFile = "file";

// Stores that Delta tables lie in and that this version does not read.
constexpr std::array<std::string_view, 7> kLaterSchemes = {"gs",    "wasb", "wasbs", "abfs",
                                                           "abfss", "adl",  "hdfs"};

// The scheme of a URI ("s3://…", "file:/…"), or nothing for a path. A colon alone makes no scheme:
// it may stand in the name of a folder.
std::string_view SchemeOf(std::string_view location) {
  const size_t colon = location.find(':');
  if (colon == std::string_view::npos || colon == 0) return {};
  const std::string_view scheme = location.substr(0, colon);
  if (scheme.find('/') != std::string_view::npos) return {};
  const std::string_view rest = location.substr(colon + 1);
  if (rest.starts_with("//") || EqualsIgnoreCase(scheme, kFile)) return scheme;
  return {};
}

std::unexpected<Error> NoLocation(std::string_view why, std::string_view location) {
  return Fail(Code::kInvalidArgument, "the location of the table is not valid: " + std::string(why),
              std::string(location));
}

// The path of a file URI: file:/x, file:///x or file://localhost/x, percent-decoded.
Result<std::string> PathOfUri(std::string_view location) {
  std::string_view rest = location.substr(kFile.size() + 1);
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
    const size_t slash = rest.find('/');
    const std::string_view host = rest.substr(0, slash);
    if (!host.empty() && host != "localhost") {
      return NoLocation("a file URI cannot name another host", location);
    }
    rest.remove_prefix(std::min(slash, rest.size()));
  }
  if (!rest.starts_with('/')) return NoLocation("a file URI needs an absolute path", location);
  Result<std::string> path = PercentDecode(rest);
  if (!path.has_value()) return NoLocation("a '%' that is no escape", location);
  return path;
}

Result<Location> ParseLocal(std::string_view text, bool is_uri) {
  const std::string path = is_uri ? TRY(PathOfUri(text)) : std::string(text);
  if (path.find('\0') != std::string::npos) return NoLocation("it holds a NUL", text);
  std::error_code failed;
  const std::filesystem::path absolute = std::filesystem::absolute(path, failed);
  if (failed) return NoLocation("it has no absolute path", text);
  Location location;
  location.path = absolute.string();
  while (location.path.size() > 1 && location.path.ends_with('/')) location.path.pop_back();
  return location;
}

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// Buckets of other stores than Amazon's may have capitals and underscores, too.
bool IsBucketCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

Result<Location> ParseS3(std::string_view text, std::string_view rest) {
  Location location;
  location.kind = Location::Kind::kS3;
  const size_t slash = std::min(rest.find('/'), rest.size());
  location.bucket = rest.substr(0, slash);
  rest.remove_prefix(slash);
  while (rest.starts_with('/')) rest.remove_prefix(1);
  while (rest.ends_with('/')) rest.remove_suffix(1);
  location.path = rest;
  const std::string& bucket = location.bucket;
  if (bucket.find('@') != std::string::npos) {
    return Fail(Code::kInvalidArgument,
                "the location of the table is not valid: keys do not belong into it, but into the "
                "configuration's 'storage'");
  }
  if (bucket.size() < 3 || bucket.size() > 255 || !std::ranges::all_of(bucket, IsBucketCharacter)) {
    return NoLocation("it names no bucket: s3://bucket/path is expected", text);
  }
  if (std::ranges::any_of(location.path, IsControl)) {
    return NoLocation("it holds a control character", text);
  }
  for (std::string_view path = location.path; !path.empty();) {
    const size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    if (segment.empty() || segment == "." || segment == "..") {
      return NoLocation("it has an empty segment, '.' or '..'", text);
    }
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return location;
}

}  // namespace

std::string Location::Text() const {
  if (kind == Kind::kLocal) return path;
  return path.empty() ? "s3://" + bucket : "s3://" + bucket + '/' + path;
}

Result<Location> ParseLocation(std::string_view text) {
  if (text.empty()) return NoLocation("it is empty", text);
  const std::string_view scheme = SchemeOf(text);
  if (scheme.empty() || EqualsIgnoreCase(scheme, kFile)) return ParseLocal(text, !scheme.empty());
  for (const std::string_view s3 : {"s3", "s3a", "s3n"}) {
    if (EqualsIgnoreCase(scheme, s3)) return ParseS3(text, text.substr(scheme.size() + 3));
  }
  for (const std::string_view later : kLaterSchemes) {
    if (!EqualsIgnoreCase(scheme, later)) continue;
    return Fail(
        Code::kUnsupported,
        "locations of the scheme '" + std::string(later) + "' are not built into this version",
        std::string(text));
  }
  return NoLocation("its scheme is unknown; a path, file:///path or s3://bucket/path is expected",
                    text);
}

}  // namespace sluice::storage
