#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "base/log.h"
#include "server/commands.h"
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

Status WriteFile(const fs::path& path, std::string_view text, fs::perms perms) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  std::error_code ignored;
  fs::permissions(path, perms, ignored);
  out << text;
  out.close();
  if (!out) return Failed(fmt::format("cannot write '{}'", path.string()));
  return {};
}

// The token of an earlier run, so that profiles handed out keep working; else a new one.
Result<std::string> DemoToken(const fs::path& file) {
  std::string token;
  if (std::ifstream in(file); in && (in >> token) && token.size() >= 32) return token;
  SecureRandom random;
  token = Base64UrlToken(random);
  TRY(WriteFile(file, token + "\n", fs::perms::owner_read | fs::perms::owner_write));
  return token;
}

// Writes config, token and profile beside the tables; returns the configuration as read back, so
// that the demo runs just what `sluice serve` would run on the file.
Result<Config> PrepareConfig(const DemoCommand& command, const fs::path& dir) {
  const std::string token = TRY(DemoToken(dir / "token"));
  const fs::path config_file = dir / "sluice.yaml";
  std::string first_line;
  if (std::ifstream in(config_file);
      in && std::getline(in, first_line) && first_line != kDemoMark) {
    return Failed(
        fmt::format("'{}' is there and not made by the demo; say --dir with another folder",
                    config_file.string()));
  }
  TRY(WriteFile(config_file, DemoConfigText(fs::absolute(dir), token, command.port),
                fs::perms::owner_read | fs::perms::owner_write));
  return server::LoadConfig(config_file.string());
}

Status Run(const DemoCommand& command, const Signals& signals) {
  const fs::path dir = command.dir;
  engine::Engine engine({});
  fmt::print("A small lakehouse in {}\n", dir.string());
  std::error_code failure;
  fs::create_directories(dir, failure);
  if (failure) return Failed(fmt::format("cannot make the folder '{}'", dir.string()));
  TRY(MakeDemoLakehouse(engine, dir / "tables", [](const DemoProgress& progress) {
    fmt::print("  [{}/{}] {}\n", progress.step, progress.steps, progress.text);
    std::fflush(stdout);
  }));
  const Config config = TRY(PrepareConfig(command, dir));
  auto services = TRY(Services::Build(config, {}));
  services->Start();
  const std::string profile = DemoProfileText(services->endpoint(), config.settings.bearer_token);
  TRY(WriteFile(dir / "demo.share", profile, fs::perms::owner_read | fs::perms::owner_write));

  const DemoReading reading =
      TRY(ReadBack(engine, services->endpoint(), config.settings.bearer_token, dir));
  fmt::print("{}", reading.text);
  if (!command.once) {
    fmt::print("{}", DemoNextSteps(services->endpoint(), dir));
    std::fflush(stdout);
    signals.Wait();
    fmt::print("\nStopping. The tables stay in {}.\n", dir.string());
  }
  services->Stop();
  return {};
}

}  // namespace

int RunDemo(const DemoCommand& command) {
  const Signals signals(Signals::Hangup::kEnds);
  log::SetLevel(log::Level::kWarn);
  const Status status = Run(command, signals);
  return status ? 0 : ReportFailure(status.error());
}

}  // namespace sluice::server
