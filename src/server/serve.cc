#include <fmt/format.h>

#include "base/log.h"
#include "server/commands.h"
#include "server/services.h"
#include "server/serving.h"

namespace sluice::server {
namespace {

size_t CountTables(const Config& config) {
  size_t count = 0;
  for (const auto& share : config.shares) {
    for (const auto& schema : share.schemas) count += schema.tables.size();
  }
  return count;
}

// The command line goes before the file.
void Apply(const ServeCommand& command, Settings& settings) {
  if (command.host) settings.host = *command.host;
  if (command.port) settings.port = *command.port;
  if (command.log_level) settings.log_level = *command.log_level;
  if (const auto level = log::ParseLevel(settings.log_level)) log::SetLevel(*level);
}

}  // namespace

int RunServe(const ServeCommand& command) {
  const TerminationSignals signals;  // before any thread starts, so that all of them inherit it
  Result<Config> config =
      LoadConfig(command.config_path,
                 command.insecure_no_auth ? Authorization::kMayBeAbsent : Authorization::kRequired);
  if (!config) return ReportFailure(config.error(), kExitUsage);
  Apply(command, config->settings);
  for (const std::string& warning : config->warnings) log::Warn("{}", warning);
  auto services = Services::Build(*config, {command.insecure_no_auth});
  if (!services) return ReportFailure(services.error(), kExitUsage);
  if (command.insecure_no_auth && config->settings.bearer_token.empty()) {
    log::Warn("no bearer token is asked for: everybody who reaches this port reads all tables");
  }
  if ((*services)->key_is_temporary()) {
    log::Info("no masterKeyFile is set: file links and page tokens end with this process");
  }
  (*services)->Start();
  log::Info("sluice {} shares {} tables at {}", SLUICE_VERSION, CountTables(*config),
            (*services)->endpoint());
  log::Info("a recipient's profile: {}",
            fmt::format(R"({{"shareCredentialsVersion":1,"endpoint":"{}","bearerToken":"..."}})",
                        (*services)->endpoint()));
  const int signal = signals.Wait();
  log::Info("signal {}: answers under way may end, new ones are refused", signal);
  (*services)->Stop();
  return 0;
}

}  // namespace sluice::server
