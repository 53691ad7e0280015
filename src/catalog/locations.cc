#include "catalog/locations.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/encoding.h"
#include "catalog/errors.h"

namespace sluice::catalog {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFile = "file://";

struct Scheme {
  std::string_view name;
  std::string_view normal;
  UrlKind kind;
};

constexpr auto kSchemes = std::to_array<Scheme>({
    {"s3", "s3", UrlKind::kS3},
    {"s3a", "s3", UrlKind::kS3},
    {"s3n", "s3", UrlKind::kS3},
    {"abfss", "abfss", UrlKind::kAzure},
    {"abfs", "abfss", UrlKind::kAzure},
    {"gs", "gs", UrlKind::kGoogle},
    {"r2", "r2", UrlKind::kCloudflare},
});

std::unexpected<Error> InvalidUrl(std::string_view why) {
  return InvalidParameter(fmt::format("The storage url is not valid: {}.", why));
}

bool IsControl(char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }

bool IsBelow(std::string_view folder, std::string_view path) {
  if (folder == "/") return path.starts_with('/');
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

std::string_view WithoutSlashes(std::string_view text) {
  while (text.size() > 1 && text.ends_with('/')) text.remove_suffix(1);
  return text;
}

// The path of "file:///x", "file:/x", "file://localhost/x" or "/x".
Result<std::string> PathOf(std::string_view url) {
  if (url.starts_with('/')) return std::string(url);
  std::string_view rest = url.substr(url.find(':') + 1);
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
    const size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view host = rest.substr(0, slash);
    if (!host.empty() && host != "localhost") {
      return InvalidUrl("a file url cannot name another host");
    }
    rest.remove_prefix(slash);
  }
  if (!rest.starts_with('/')) return InvalidUrl("a file url needs an absolute path");
  Result<std::string> path = PercentDecode(rest);
  if (!path) return InvalidUrl("it holds a '%' that is no escape");
  return path;
}

Result<std::string> NormalRemote(const Scheme& scheme, std::string_view rest) {
  const size_t slash = std::min(rest.find('/'), rest.size());
  const std::string_view authority = rest.substr(0, slash);
  std::string_view path = rest.substr(slash);
  if (authority.empty()) return InvalidUrl("it names no bucket or container");
  // The text is not repeated: old habits put keys into such urls.
  const bool container = scheme.kind == UrlKind::kAzure || scheme.kind == UrlKind::kCloudflare;
  if (!container && authority.find('@') != std::string_view::npos) {
    return InvalidUrl("keys do not belong into it, but into a storage credential");
  }
  while (path.ends_with('/')) path.remove_suffix(1);
  for (size_t begin = 1; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    if (segment.empty() || segment == "." || segment == "..") {
      return InvalidUrl("it has an empty segment, '.' or '..'");
    }
    begin = end + 1;
  }
  return fmt::format("{}://{}{}", scheme.normal, authority, path);
}

std::string Named(const Picture& picture, const Access& access, const Securable& found) {
  if (!access.May(Action::kSee, found).allowed) return "one that you cannot see";
  return '\'' + picture.FullName(found) + '\'';
}

Status CheckNothingAt(const Picture& picture, const Access& access, Kind kind,
                      std::string_view url) {
  const Securable* found = picture.LocationAround(kind, url);
  if (found == nullptr) found = picture.LocationBelow(kind, url);
  if (found == nullptr) return {};
  return InvalidParameter(
      fmt::format("[INVALID_PARAMETER_VALUE.LOCATION_OVERLAP] Input path url '{}' overlaps with "
                  "another {}: {}.",
                  url, KindWords(kind), Named(picture, access, *found)));
}

Status CheckMayStore(const Picture& picture, const Access& access, std::string_view url,
                     Privilege privilege) {
  const StoragePlace place = TRY(ResolveStorage(picture, url));
  // "local" knows one privilege for both.
  const Decision held = place.location != nullptr
                            ? access.Holds(privilege, *place.location)
                            : access.Holds(Privilege::kCreateExternalTable, *place.credential);
  if (!held.allowed && !access.IsMetastoreAdmin()) return Denied(held);
  // Else rights on the folder around it would open what a location is there to guard.
  if (const Securable* below = picture.LocationBelow(Kind::kExternalLocation, url);
      below != nullptr && below != place.location) {
    return InvalidParameter(
        fmt::format("[INVALID_PARAMETER_VALUE.LOCATION_OVERLAP] Input path url '{}' contains an "
                    "external location: {}.",
                    url, Named(picture, access, *below)));
  }
  return {};
}

}  // namespace

Result<LocalRoots> LocalRoots::Resolve(const std::vector<std::string>& folders) {
  LocalRoots roots;
  for (const std::string& folder : folders) {
    std::error_code failed;
    const fs::path real = fs::canonical(folder, failed);
    if (failed || !fs::is_directory(real, failed)) {
      return Fail(Code::kInvalidArgument, fmt::format("'{}' is not a folder", folder));
    }
    roots.folders_.push_back(real.string());
  }
  return roots;
}

Result<std::string> LocalRoots::Locate(std::string_view path) const {
  const auto outside = [&] {
    return InvalidParameter(fmt::format("The path '{}' is not inside any local root.", path));
  };
  if (!path.starts_with('/') || path.find('\0') != std::string_view::npos) return outside();
  std::error_code failed;
  std::string real(WithoutSlashes(fs::weakly_canonical(path, failed).string()));
  const bool inside = !failed && std::ranges::any_of(folders_, [&](const std::string& folder) {
    return IsBelow(folder, real);
  });
  if (!inside) return outside();
  return real;
}

UrlKind KindOfUrl(std::string_view url) {
  for (const Scheme& scheme : kSchemes) {
    if (url.substr(0, url.find(':')) == scheme.name) return scheme.kind;
  }
  return UrlKind::kLocal;
}

std::string LocalUrl(std::string_view path) {
  return std::string(kFile) + PercentEncode(path, "/");
}

Result<std::string> NormalUrl(std::string_view url, const LocalRoots& roots, const Access& access) {
  if (url.empty()) return InvalidUrl("it is empty");
  if (url.size() > kLongestUrl) return InvalidUrl("it is too long");
  if (std::ranges::any_of(url, IsControl)) return InvalidUrl("it holds a control character");
  const size_t colon = url.find(':');
  const std::string scheme =
      url.starts_with('/') ? "file" : AsciiLower(url.substr(0, std::min(colon, url.size())));
  if (scheme == "file") {
    const std::string path = TRY(PathOf(url));
    Result<std::string> real = roots.Locate(path);
    if (!real && access.IsMetastoreAdmin()) {
      real.error().message +=
          roots.folders().empty()
              ? " The server was started without --local-root."
              : " Those are the folders that the server was started with (--local-root).";
    }
    if (!real) return std::unexpected(std::move(real.error()));
    if (*real == "/") return InvalidUrl("the root of the file system is no place for data");
    return LocalUrl(*real);
  }
  for (const Scheme& known : kSchemes) {
    if (scheme != known.name || !url.substr(colon).starts_with("://")) continue;
    return NormalRemote(known, url.substr(colon + 3));
  }
  return InvalidUrl("s3://bucket/path, abfss://, gs://, r2://, file:///path or /path is expected");
}

Result<StoragePlace> ResolveStorage(const Picture& picture, std::string_view url) {
  StoragePlace place;
  place.location = picture.LocationAround(Kind::kExternalLocation, url);
  if (place.location != nullptr) {
    place.credential = picture.Find(place.location->As<ExternalLocation>().credential);
    if (place.credential != nullptr) return place;
    return Fail(Code::kPermissionDenied, "The storage credential of this location was deleted.");
  }
  if (KindOfUrl(url) == UrlKind::kLocal) {
    place.credential = picture.FindByName(Kind::kStorageCredential, kLocalCredential);
    if (place.credential != nullptr) return place;
  }
  return InvalidParameter(
      fmt::format("No parent external location was found for path '{}'. Please create an external "
                  "location on one of the parent paths and then retry.",
                  url));
}

Status CheckMayStoreTable(const Picture& picture, const Access& access, std::string_view url) {
  return CheckMayStore(picture, access, url, Privilege::kCreateExternalTable);
}

Status CheckMayStoreManaged(const Picture& picture, const Access& access, std::string_view url) {
  TRY(CheckMayStore(picture, access, url, Privilege::kCreateManagedStorage));
  const StoragePlace place = TRY(ResolveStorage(picture, url));
  const bool read_only =
      place.credential->As<StorageCredential>().read_only ||
      (place.location != nullptr && place.location->As<ExternalLocation>().read_only);
  if (read_only) return InvalidParameter("Managed tables cannot lie in a read-only location.");
  return {};
}

Status CheckNoTableAt(const Picture& picture, const Access& access, std::string_view url) {
  return CheckNothingAt(picture, access, Kind::kTable, url);
}

Status CheckNoLocationAt(const Picture& picture, const Access& access, std::string_view url) {
  return CheckNothingAt(picture, access, Kind::kExternalLocation, url);
}

}  // namespace sluice::catalog
