#include "storage/object_store.h"

#include <unistd.h>

#include <filesystem>
#include <utility>

#include "base/encoding.h"
#include "storage/local/local_store.h"

namespace sluice::storage {
namespace {

constexpr std::string_view kFile = "file";

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

}  // namespace

OpenObject::~OpenObject() {
  if (fd_ >= 0) ::close(fd_);
}

OpenObject::OpenObject(OpenObject&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), info_(std::move(other.info_)) {}

int OpenObject::Release() { return std::exchange(fd_, -1); }

Result<std::unique_ptr<ObjectStore>> OpenStore(std::string_view location) {
  if (location.empty()) return NoLocation("it is empty", location);
  const std::string_view scheme = SchemeOf(location);
  if (!scheme.empty() && !EqualsIgnoreCase(scheme, kFile)) {
    return Fail(
        Code::kUnsupported,
        "locations of the scheme '" + std::string(scheme) + "' are not built into this version",
        std::string(location));
  }
  const std::string path = scheme.empty() ? std::string(location) : TRY(PathOfUri(location));
  if (path.find('\0') != std::string::npos) return NoLocation("it holds a NUL", location);
  std::error_code failed;
  const std::filesystem::path absolute = std::filesystem::absolute(path, failed);
  if (failed) return NoLocation("it has no absolute path", location);
  std::string root = absolute.string();
  while (root.size() > 1 && root.ends_with('/')) root.pop_back();
  return std::make_unique<LocalStore>(std::move(root));
}

}  // namespace sluice::storage
