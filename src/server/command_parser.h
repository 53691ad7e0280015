// server/command_parser.h -- what the parsers of all commands have in common. The only header that
// names CLI11.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/command_line.h"

namespace sluice::server {

// One command's options and the command that they fill.
template <class T>
struct Parser {
  CLI::App app;
  T command;
};

// Refuses what the settings table does not allow for `key`.
CLI::Validator Allowed(std::string_view key);

// Name, help and examples. `examples` is a string literal.
void Prepare(CLI::App& app, const char* name, const char* examples);

// Follows `words` with a command's parser, or says why not.
template <class T>
Command Follow(std::unique_ptr<Parser<T>> parser, std::vector<std::string> words) {
  // CLI11 takes the words from the back.
  std::ranges::reverse(words);
  try {
    parser->app.parse(std::move(words));
    return std::move(parser->command);
  } catch (const CLI::CallForHelp&) {
    return PrintCommand{parser->app.help()};
  } catch (const CLI::ParseError& error) {
    const std::string name = parser->app.get_name();
    return UsageError{fmt::format("{}: {}\nRun '{} --help' for its options and examples.\n", name,
                                  error.what(), name)};
  }
}

// The commands on a data directory (command_line_data.cc). Nothing: it is none of them.
std::optional<Command> FollowDataCommand(std::string_view name, std::vector<std::string> words);

}  // namespace sluice::server
