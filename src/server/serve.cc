#include <fmt/format.h>

#include "base/log.h"
#include "server/commands.h"
#include "server/config_watch.h"
#include "server/core_dump.h"
#include "server/serve_config.h"
#include "server/services.h"
#include "server/serving.h"

namespace sluice::server {
namespace {

// Two looks and the reading of the file fit well into the second that a change may take.
constexpr Millis kBetweenLooks{200};

// Before anything secret is read; put back if the configuration says so.
class CoreDumps {
 public:
  CoreDumps() : before_(SetCoreDumpFilter(kDumpNothing)) {}
  void Allow() const {
    if (before_.has_value()) IgnoreError(SetCoreDumpFilter(*before_), "it was set so before");
  }
  void LogFailure() const {
    if (before_.has_value()) return;
    log::Warn("a core dump would hold tokens and keys: {} ({})", before_.error().message,
              before_.error().detail);
  }

 private:
  Result<uint32_t> before_;
};

// Keeps the configuration as the file says until a signal asks to stop; returns its number.
int Watch(const ServeCommand& command, const Signals& signals, ConfigWatch& watch,
          Services& services) {
  while (true) {
    const std::optional<int> signal = signals.WaitFor(kBetweenLooks);
    if (signal && *signal != SIGHUP) return *signal;
    const bool changed = watch.Look();
    if (signal || changed) ReloadConfig(command, services);
  }
}

}  // namespace

int RunServe(const ServeCommand& command) {
  // Before any thread starts, so that all of them inherit it.
  const Signals signals(Signals::Hangup::kWait);
  const CoreDumps core_dumps;
  ConfigWatch watch(command.config_path);
  const Result<Config> config = LoadServeConfig(command);
  if (!config) return ReportFailure(config.error(), kExitUsage);
  const Settings& settings = config->settings;
  if (const auto level = log::ParseLevel(settings.log_level)) log::SetLevel(*level);
  settings.core_dumps ? core_dumps.Allow() : core_dumps.LogFailure();
  LogConfig(command, *config);
  auto services = Services::Build(*config, {command.insecure_no_auth});
  if (!services) return ReportFailure(services.error(), kExitUsage);
  if ((*services)->key_is_temporary()) {
    log::Info("no masterKeyFile is set: file links and page tokens end with this process");
  }
  (*services)->Start();
  log::Info("sluice {} shares {} tables at {}", SLUICE_VERSION, CountTables(*config),
            (*services)->endpoint());
  log::Info("a recipient's profile: {}",
            fmt::format(R"({{"shareCredentialsVersion":1,"endpoint":"{}","bearerToken":"..."}})",
                        (*services)->endpoint()));
  const int signal = Watch(command, signals, watch, **services);
  log::Info("signal {}: answers under way may end, new ones are refused", signal);
  (*services)->Stop();
  return 0;
}

}  // namespace sluice::server
