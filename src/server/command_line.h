// server/command_line.h -- the words behind `sluice`, as a command.
//
//   sluice serve --config FILE [--host H] [--port N] [--log-level L] [--insecure-no-auth]
//   sluice check --config FILE [--files] [--json] [--insecure-no-auth]
//   sluice demo [--dir DIR] [--port N] [--once]
//   sluice help [serve|check|demo|settings [--markdown]]
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

using Command =
    std::variant<ServeCommand, CheckCommand, DemoCommand, VersionCommand, PrintCommand, UsageError>;

// `words` are the arguments without the program's name. Has no effect on anything.
Command ParseCommandLine(std::vector<std::string> words);

// Does what the command line asks for; returns the exit code.
int RunCommandLine(int argc, char** argv);

}  // namespace sluice::server
