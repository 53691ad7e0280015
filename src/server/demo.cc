#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "base/log.h"
#include "server/commands.h"
#include "server/data_directory.h"
#include "server/demo_catalog.h"
#include "server/demo_data.h"
#include "server/demo_lakehouse.h"
#include "server/demo_read.h"
#include "server/demo_text.h"
#include "server/services.h"
#include "server/serving.h"

namespace sluice::server {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> Failed(std::string message) {
  return Fail(Code::kInvalidArgument, std::move(message));
}

// What a server on the demo's data directory runs with.
Config DemoConfig(const DemoCommand& command, const fs::path& dir) {
  Config config;
  config.settings = DefaultSettings();
  config.settings.host = "127.0.0.1";
  config.settings.port = command.port;
  config.settings.access_log = (dir / "access.log").string();
  config.settings.cache_directory = "off";
  return config;
}

void Tell(size_t step, size_t steps, const std::string& text) {
  fmt::print("  [{}/{}] {}\n", step, steps, text);
  std::fflush(stdout);
}

// The lakehouse, and a data directory that was in use for a week: what is there stays.
Status Prepare(engine::Engine& engine, const Config& config, const DemoFolders& folders) {
  const size_t last = NeedsDemoData(folders) ? 1 : 0;
  size_t told = 0;
  TRY(MakeDemoLakehouse(engine, folders.tables, [&](const DemoProgress& progress) {
    told = progress.step;
    Tell(told, progress.steps + last, progress.text);
  }));
  std::error_code failure;
  fs::create_directories(folders.live, failure);
  if (last == 0) return {};
  if (fs::exists(folders.data_partial, failure)) {
    fmt::print("  The last run was cut short: its week of activity is made anew.\n");
  }
  const auto start = std::chrono::steady_clock::now();
  const DemoPlayed played = TRY(MakeDemoData(engine, config, folders));
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  Tell(told + last, told + last,
       fmt::format("a week of activity: {} reads by {} recipients, {} requests, {} of them "
                   "refused ({:.1f} s)",
                   Grouped(static_cast<int64_t>(played.reads)), played.recipients,
                   Grouped(static_cast<int64_t>(played.requests)), played.refused, taken.count()));
  return {};
}

Status WriteProfile(const fs::path& dir, const std::string& name, const std::string& endpoint,
                    const std::string& token) {
  return WriteSecretFile((dir / (name + ".share")).string(), DemoProfileText(endpoint, token));
}

// Profiles name the port, which may be another than the last time.
Status WriteProfiles(const DemoFolders& folders, const std::string& endpoint,
                     const DemoTokens& tokens) {
  TRY(WriteProfile(folders.top, "partner", endpoint, tokens.partner));
  TRY(WriteProfile(folders.top, "europe", endpoint, tokens.europe));
  std::string token;
  if (std::ifstream(folders.analyst_token) >> token) {
    TRY(WriteProfile(folders.top, kDemoAnalyst, endpoint, token));
  }
  return {};
}

Status Run(const DemoCommand& command, portal::Files web, const Signals& signals) {
  const fs::path dir = command.dir;
  engine::Engine engine({});
  fmt::print("A small lakehouse in {}\n", dir.string());
  std::error_code failure;
  fs::create_directories(dir, failure);
  if (failure) return Failed(fmt::format("cannot make the folder '{}'", dir.string()));
  const DemoFolders folders(dir);
  const Config config = DemoConfig(command, dir);
  TRY(Prepare(engine, config, folders));
  auto services = TRY(Services::Build(
      config, {.data = folders.data.string(), .local_roots = folders.local_roots(), .web = web}));
  const auto roots = TRY(catalog::LocalRoots::Resolve(folders.local_roots()));
  const DemoTokens tokens =
      TRY(PrepareDemoCatalog(services->catalog()->catalog(), roots, folders.tables, dir));
  services->Start();
  const std::string endpoint = services->endpoint();
  TRY(WriteProfiles(folders, endpoint, tokens));

  const DemoReading reading = TRY(ReadBack(engine, endpoint, tokens.partner, dir));
  fmt::print("{}", reading.text);
  if (!command.once) {
    fmt::print("{}", DemoNextSteps(services->url(), endpoint, dir));
    std::fflush(stdout);
    signals.Wait();
    fmt::print("\nStopping. The tables stay in {}.\n", dir.string());
  }
  services->Stop();
  return {};
}

}  // namespace

int RunDemo(const DemoCommand& command, portal::Files web) {
  const Signals signals(Signals::Hangup::kEnds);
  log::SetLevel(log::Level::kWarn);
  const Status status = Run(command, web, signals);
  return status ? 0 : ReportFailure(status.error());
}

}  // namespace sluice::server
