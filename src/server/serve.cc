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
    services.TendCatalog();
    const bool changed = !command.config_path.empty() && watch.Look();
    if (!command.config_path.empty() && (signal || changed)) ReloadConfig(command, services);
  }
}

// What is kept, where it is reached, and how to go on.
void LogCatalog(const ServeCommand& command, Services& services) {
  CatalogParts& parts = *services.catalog();
  const auto picture = parts.catalog().Now();
  const std::string& metastore = picture->metastore().id;
  log::Info("sluice {} keeps its catalog in {}: {} shares, {} recipients", SLUICE_VERSION,
            command.data, picture->CountChildren(catalog::Kind::kShare, metastore),
            picture->CountChildren(catalog::Kind::kRecipient, metastore));
  log::Info("recipients reach {}; administrators {}/api", services.endpoint(), services.url());
  if (!parts.is_first_start()) return;
  log::Info("this is the first start: the token of the user \"admin\" is in {}/admin-token",
            command.data);
  log::Info(
      "next: export DATABRICKS_HOST={} DATABRICKS_TOKEN=$(cat {}/admin-token), then "
      "databricks shares list-shares, or see docs/guide/first-share.md",
      services.url(), command.data);
}

}  // namespace

int RunServe(const ServeCommand& command, portal::Files web) {
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
  auto services = Services::Build(*config, {.insecure_no_auth = command.insecure_no_auth,
                                            .data = command.data,
                                            .database = command.database,
                                            .local_roots = command.local_roots,
                                            .accept_audit_break = command.accept_audit_break,
                                            .web = web});
  if (!services) return ReportFailure(services.error(), kExitUsage);
  if ((*services)->key_is_temporary()) {
    log::Info("no masterKeyFile is set: file links and page tokens end with this process");
  }
  (*services)->Start();
  if ((*services)->catalog() != nullptr) {
    LogCatalog(command, **services);
  } else {
    log::Info("sluice {} shares {} tables at {}", SLUICE_VERSION, CountTables(*config),
              (*services)->endpoint());
    log::Info("a recipient's profile: {}",
              fmt::format(R"({{"shareCredentialsVersion":1,"endpoint":"{}","bearerToken":"..."}})",
                          (*services)->endpoint()));
  }
  const int signal = Watch(command, signals, watch, **services);
  log::Info("signal {}: answers under way may end, new ones are refused", signal);
  (*services)->Stop();
  return 0;
}

}  // namespace sluice::server
