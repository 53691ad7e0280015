#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "conformance/make_tables.h"
#include "server/commands.h"

namespace sluice::server {

int RunMakeTables(const MakeTablesCommand& command) {
  const std::filesystem::path dir = command.dir;
  engine::Engine engine({});
  fmt::print("The tables of the conformance suite, in {}\n", dir.string());
  const Status made = conformance::MakeTables(engine, dir, [](const conformance::MadeTable& table) {
    fmt::print("  {}: {}\n", table.name, table.about);
    std::fflush(stdout);
  });
  if (!made.has_value()) {
    const Error& error = made.error();
    fmt::print(stderr, "sluice conformance make-tables: {}{}\n", error.message,
               error.detail.empty() ? "" : " (" + error.detail + ")");
    return error.code == Code::kAlreadyExists ? 2 : 1;
  }
  fmt::print("{}", conformance::MadeNextSteps(dir));
  return 0;
}

}  // namespace sluice::server
