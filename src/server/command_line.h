// server/command_line.h -- the words behind `sluice`, as a command.
//
//   sluice serve --config FILE [--host H] [--port N] [--log-level L] [--insecure-no-auth]
//   sluice check --config FILE [--files] [--json] [--insecure-no-auth]
//   sluice demo [--dir DIR] [--port N] [--once]
//   sluice conformance [URL] [--profile FILE] [--token TOKEN] [--only GLOBS] [--list] ...
//   sluice conformance make-tables DIR
//   sluice serve --data DIR [--listen HOST:PORT] [--local-root PATH]... [--config FILE]
//   sluice admin reset-token --data DIR
//   sluice import sluice.yaml --data DIR
//   sluice backup TO --data DIR [--without-key], sluice restore FROM --data DIR
//   sluice move-catalog --data DIR --to URL|file
//   sluice explain-access PRINCIPAL OBJECT [--privilege P] [--type T] [--json] --data DIR
//   sluice audit verify|export --data DIR ...
//   sluice help [serve|check|demo|conformance|settings [--markdown]|routes|...]
//   sluice --version
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "server/commands.h"

namespace sluice::server {

struct VersionCommand {};
// Help that was asked for: to standard output, exit code 0.
struct PrintCommand {
  std::string text;
};
// A command line that cannot be followed: to standard error, exit code 2.
struct UsageError {
  std::string text;
};

using Command = std::variant<ServeCommand, CheckCommand, DemoCommand, ConformanceCommand,
                             MakeTablesCommand, AdminCommand, BackupCommand, RestoreCommand,
                             ImportCommand, MoveCatalogCommand, ExplainAccessCommand, AuditCommand,
                             RoutesCommand, VersionCommand, PrintCommand, UsageError>;

// `words` are the arguments without the program's name. Has no effect on anything.
Command ParseCommandLine(std::vector<std::string> words);

// Does what the command line asks for; returns the exit code. `web`: the portal's files.
int RunCommandLine(int argc, char** argv, portal::Files web);

}  // namespace sluice::server
