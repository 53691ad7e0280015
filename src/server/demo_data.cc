#include "server/demo_data.h"

#include <system_error>

#include "base/log.h"
#include "server/data_directory.h"
#include "server/demo_catalog.h"

namespace sluice::server {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> FileFailure(const fs::path& path, const std::error_code& error) {
  return Fail(Code::kUnavailable, "the demo's folder cannot be written",
              path.string() + ": " + error.message());
}

Status MakeEmpty(const fs::path& folder) {
  std::error_code error;
  fs::remove_all(folder, error);
  if (!error) fs::create_directories(folder, error);
  if (error) return FileFailure(folder, error);
  return {};
}

// What is refused in the week is meant to be: nobody has to be warned.
class Quiet {
 public:
  Quiet() { log::SetLevel(log::Level::kError); }
  ~Quiet() { log::SetLevel(log::Level::kWarn); }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;
};

Result<DemoPlayed> Play(engine::Engine& engine, Config config, const DemoFolders& folders) {
  const TimePoint now = SystemClock().Now();
  DemoClock clock(DemoWeekBegin(now));
  config.settings.port = 0;
  // Companies come from everywhere, and all of them through this machine.
  config.settings.trusted_proxies = {"127.0.0.1"};
  auto services = TRY(Services::Build(config, {.data = folders.data_partial.string(),
                                               .local_roots = folders.local_roots(),
                                               .clock = clock}));
  const auto roots = TRY(catalog::LocalRoots::Resolve(folders.local_roots()));
  TRY(PrepareDemoCatalog(services->catalog()->catalog(), roots, folders.tables, folders.top));
  services->Start();
  DemoLiveTables tables(engine, folders.live);
  auto played = PlayDemoWeek({*services, clock, tables, folders.live.string()}, PlanDemoWeek(now));
  services->Stop();
  return played;
}

}  // namespace

DemoFolders::DemoFolders(const fs::path& dir)
    : top(dir),
      tables(fs::absolute(dir / "tables")),
      live(fs::absolute(dir / "live")),
      data(dir / "data"),
      data_partial(dir / "data.partial"),
      analyst_token(dir / (std::string(kDemoAnalyst) + ".token")) {}

std::vector<std::string> DemoFolders::local_roots() const {
  return {tables.string(), live.string()};
}

bool NeedsDemoData(const DemoFolders& folders) {
  std::error_code ignored;
  return !fs::exists(folders.data, ignored);
}

Result<DemoPlayed> MakeDemoData(engine::Engine& engine, const Config& config,
                                const DemoFolders& folders) {
  const Quiet quiet;
  TRY(MakeEmpty(folders.live));
  TRY(MakeEmpty(folders.data_partial));
  std::error_code error;
  fs::permissions(folders.data_partial, fs::perms::owner_all, error);
  DemoPlayed played = TRY(Play(engine, config, folders));
  TRY(WriteSecretFile(folders.analyst_token.string(), played.analyst_token + "\n"));
  fs::rename(folders.data_partial, folders.data, error);
  if (error) return FileFailure(folders.data, error);
  return played;
}

}  // namespace sluice::server
