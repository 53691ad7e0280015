#include "server/serve_config.h"

#include <string_view>

#include "base/log.h"

namespace sluice::server {
namespace {

void LogRefusal(const Error& error) {
  log::Failure("the configuration was read again and cannot be used; what was in effect stays:");
  std::string_view lines = error.message;
  while (!lines.empty()) {
    const size_t end = std::min(lines.find('\n'), lines.size());
    log::Failure("{}", lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  if (!error.detail.empty()) log::Failure("({})", error.detail);
}

// With a data directory the catalog says what is shared, and to whom.
Status CheckSettingsAlone(const Config& config) {
  if (config.shares.empty() && config.storage_rules.empty() &&
      config.settings.bearer_token.empty()) {
    return {};
  }
  return Fail(Code::kInvalidArgument,
              "with --data the catalog says what is shared, with whom and by which keys: take "
              "shares, storage and authorization out of the file, or move them over with `sluice "
              "import FILE --data DIR`");
}

}  // namespace

Result<Config> LoadServeConfig(const ServeCommand& command) {
  Config config;
  config.settings = DefaultSettings();
  if (!command.config_path.empty()) {
    const bool may_be_absent = command.insecure_no_auth || !command.data.empty();
    config = TRY(LoadConfig(command.config_path, may_be_absent ? Authorization::kMayBeAbsent
                                                               : Authorization::kRequired));
  }
  if (!command.data.empty()) TRY(CheckSettingsAlone(config));
  if (command.listen) {
    const size_t colon = command.listen->rfind(':');
    config.settings.host = command.listen->substr(0, colon);
    TRY(Assign(config.settings, *FindSetting("port"), command.listen->substr(colon + 1)));
    if (config.settings.host.starts_with('[') && config.settings.host.ends_with(']')) {
      config.settings.host = config.settings.host.substr(1, config.settings.host.size() - 2);
    }
  }
  if (command.host) config.settings.host = *command.host;
  if (command.port) config.settings.port = *command.port;
  if (command.log_level) config.settings.log_level = *command.log_level;
  return config;
}

void LogConfig(const ServeCommand& command, const Config& config) {
  for (const std::string& warning : config.warnings) log::Warn("{}", warning);
  if (command.insecure_no_auth && config.settings.bearer_token.empty()) {
    log::Warn("no bearer token is asked for: everybody who reaches this port reads all tables");
  }
}

size_t CountTables(const Config& config) {
  size_t count = 0;
  for (const auto& share : config.shares) {
    for (const auto& schema : share.schemas) count += schema.tables.size();
  }
  return count;
}

bool ReloadConfig(const ServeCommand& command, Services& services) {
  const Result<Config> config = LoadServeConfig(command);
  const auto waiting =
      config.has_value() ? services.Reconfigure(*config) : std::unexpected(config.error());
  services.metrics().ConfigReload(waiting.has_value());
  if (!waiting.has_value()) {
    LogRefusal(waiting.error());
    return false;
  }
  LogConfig(command, *config);
  for (const std::string_view key : *waiting) {
    log::Warn("'{}' changed: it takes effect at the next start", key);
  }
  log::Info("the configuration was read again: {} tables are shared", CountTables(*config));
  return true;
}

}  // namespace sluice::server
