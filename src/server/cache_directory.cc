#include "server/cache_directory.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "storage/location.h"

namespace sluice::server {
namespace {

bool IsRemote(const catalog::TableEntry& table) {
  const auto location = storage::ParseLocation(table.location);
  return location.has_value() && location->kind != storage::Location::Kind::kLocal;
}

bool HasRemoteTables(const Config& config) {
  return std::ranges::any_of(config.shares, [](const catalog::ShareEntry& share) {
    return std::ranges::any_of(share.schemas, [](const catalog::SchemaEntry& schema) {
      return std::ranges::any_of(schema.tables, IsRemote);
    });
  });
}

}  // namespace

std::string CacheDirectory(const Settings& settings, const storage::Environment& environment) {
  if (settings.cache_directory == "off") return {};
  if (!settings.cache_directory.empty()) return settings.cache_directory;
  // A relative path in these counts as not set (XDG Base Directory Specification).
  const auto absolute = [&](const std::string& name) {
    const std::string value = environment(name).value_or("");
    return value.starts_with('/') ? value : std::string();
  };
  // systemd names several folders with ':' between them.
  const std::string of_systemd = absolute("CACHE_DIRECTORY");
  if (!of_systemd.empty()) return of_systemd.substr(0, of_systemd.find(':'));
  const std::string of_user = absolute("XDG_CACHE_HOME");
  if (!of_user.empty()) return of_user + "/sluice";
  const std::string home = absolute("HOME");
  return home.empty() ? std::string() : home + "/.cache/sluice";
}

std::unique_ptr<storage::DiskCache> OpenDiskCache(const Config& config,
                                                  const storage::Environment& environment,
                                                  Metrics& metrics) {
  const bool needed = HasRemoteTables(config);
  const auto level = needed ? log::Level::kWarn : log::Level::kDebug;
  const std::string folder = CacheDirectory(config.settings, environment);
  if (folder.empty()) {
    if (config.settings.cache_directory != "off") {
      log::Write(level, "no folder for the disk cache: set cacheDirectory, or to off");
    }
    return nullptr;
  }
  auto cache = storage::DiskCache::Open(folder, config.settings.cache_size, metrics);
  if (cache.has_value()) return *std::move(cache);
  log::Write(level, fmt::format("going on without a disk cache in {}: {} ({}); set cacheDirectory "
                                "to another folder, or to off",
                                Printable(folder), cache.error().message, cache.error().detail));
  return nullptr;
}

}  // namespace sluice::server
