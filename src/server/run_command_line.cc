#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "server/command_line.h"

namespace sluice::server {
namespace {

int Print(std::FILE* stream, const std::string& text, int exit_code) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stream) == text.size();
  return written && std::fflush(stream) == 0 ? exit_code : 1;
}

// Good without the engine's library too: this is what one runs when something is missing.
int PrintVersion() {
  engine::Engine engine(engine::EngineOptions{});
  const Result<std::string> duckdb = engine.LibraryVersion();
  return Print(
      stdout,
      fmt::format(
          "sluice {}\nDuckDB {}\n", SLUICE_VERSION,
          duckdb.has_value() ? *duckdb : "not found: tables with checkpoints cannot be read"),
      0);
}

struct Runner {
  int operator()(const ServeCommand& command) const { return RunServe(command, web); }
  int operator()(const CheckCommand& command) const { return RunCheck(command); }
  int operator()(const DemoCommand& command) const { return RunDemo(command, web); }
  int operator()(const ConformanceCommand& command) const { return RunConformance(command); }
  int operator()(const MakeTablesCommand& command) const { return RunMakeTables(command); }
  int operator()(const AdminCommand& command) const { return RunAdmin(command); }
  int operator()(const BackupCommand& command) const { return RunBackup(command); }
  int operator()(const RestoreCommand& command) const { return RunRestore(command); }
  int operator()(const ImportCommand& command) const { return RunImport(command); }
  int operator()(const MoveCatalogCommand& command) const { return RunMoveCatalog(command); }
  int operator()(const ExplainAccessCommand& command) const { return RunExplainAccess(command); }
  int operator()(const AuditCommand& command) const { return RunAudit(command); }
  int operator()(const RoutesCommand& command) const { return RunRoutes(command); }
  int operator()(const VersionCommand& /*command*/) const { return PrintVersion(); }
  int operator()(const PrintCommand& command) const { return Print(stdout, command.text, 0); }
  int operator()(const UsageError& error) const { return Print(stderr, error.text, 2); }

  portal::Files web;
};

}  // namespace

int RunCommandLine(int argc, char** argv, portal::Files web) {
  std::vector<std::string> words;
  for (int i = 1; i < argc; ++i) words.emplace_back(argv[i]);
  return std::visit(Runner{web}, ParseCommandLine(std::move(words)));
}

}  // namespace sluice::server
