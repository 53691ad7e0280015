#include "storage/object_store.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "base/encoding.h"
#include "storage/local/local_store.h"

namespace sluice::storage {
namespace {

// "s3" of "s3://bucket/x"; empty where there is none.
std::string_view SchemeOf(std::string_view location) {
  const size_t colon = location.find(':');
  if (colon == std::string_view::npos || colon < 2) return {};
  const std::string_view scheme = location.substr(0, colon);
  for (const char c : scheme) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool other = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    if (!letter && !other) return {};
  }
  return scheme;
}

// The path of a file: URI (RFC 8089): file:///x, file:/x, file://localhost/x.
Result<std::string> PathOfFileUri(std::string_view rest) {
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
    const size_t slash = rest.find('/');
    const std::string_view host = rest.substr(0, slash);
    if (slash == std::string_view::npos || (!host.empty() && host != "localhost")) {
      return Fail(Code::kInvalidArgument, "a file: location is written file:///path");
    }
    rest.remove_prefix(slash);
  }
  if (!rest.starts_with('/')) {
    return Fail(Code::kInvalidArgument, "a file: location needs an absolute path: file:///path");
  }
  return PercentDecode(rest);
}

}  // namespace

OpenObject::~OpenObject() {
  if (fd_ >= 0) ::close(fd_);
}

OpenObject::OpenObject(OpenObject&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), info_(std::move(other.info_)) {}

int OpenObject::Release() { return std::exchange(fd_, -1); }

Result<std::unique_ptr<ObjectStore>> OpenStore(std::string_view location) {
  if (location.empty()) return Fail(Code::kInvalidArgument, "a location cannot be empty");
  if (location.find('\0') != std::string_view::npos) {
    return Fail(Code::kInvalidArgument, "a location cannot hold a NUL character");
  }
  const std::string_view scheme = SchemeOf(location);
  if (scheme.empty()) {
    std::error_code failure;
    const auto absolute = std::filesystem::absolute(std::filesystem::path(location), failure);
    if (failure) return Fail(Code::kInvalidArgument, "not a path", failure.message());
    return std::make_unique<LocalStore>(absolute.string());
  }
  if (EqualsIgnoreCase(scheme, "file")) {
    return std::make_unique<LocalStore>(TRY(PathOfFileUri(location.substr(scheme.size() + 1))));
  }
  return Fail(Code::kUnsupported,
              fmt::format("locations of the form {}:// are not supported by this version; use a "
                          "local path or file:///path",
                          scheme));
}

}  // namespace sluice::storage
