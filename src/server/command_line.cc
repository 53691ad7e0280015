#include "server/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <utility>

#include "server/settings.h"

namespace sluice::server {
namespace {

constexpr std::string_view kOverview =
    R"(sluice shares Delta tables through the open Delta Sharing protocol.

  sluice demo                        make a small lakehouse and share it on this machine
  sluice check --config sluice.yaml  is this configuration good, and can its tables be read?
  sluice serve --config sluice.yaml  share them
  sluice help settings               every key of the configuration file
  sluice help COMMAND                options and examples of a command
  sluice --version

Next: `sluice demo` needs nothing but this program.
)";

constexpr const char* kServeExamples = R"(Examples:
  sluice serve --config sluice.yaml
  sluice serve --config sluice.yaml --host 0.0.0.0 --port 8443

The file is the reference server's YAML as it is. Options go before what the file says.
SIGTERM and Ctrl-C end the server once running answers are done.
Next: sluice check --config sluice.yaml says whether the file is good; sluice help settings
lists its keys.)";

constexpr const char* kCheckExamples = R"(Examples:
  sluice check --config sluice.yaml
  sluice check --config sluice.yaml --files
  sluice check --config sluice.yaml --json | jq '.tables[] | select(.error)'

Reads the file, opens every table, and changes nothing. With --files it looks at the files of each
table's latest version, too: is every data file there, as large as the log says, and is every
deletion vector whole? That is a request for each data file, and a read of each file of vectors.
Exit code 0: all good, 1: a table cannot be read or its files are not as its log says, 2: the file
is wrong.
Next: sluice serve --config sluice.yaml)";

constexpr const char* kDemoExamples = R"(Examples:
  sluice demo
  sluice demo --dir lake --port 9000
  sluice demo --once

Makes retail tables of about a million rows, a configuration and a profile file in DIR, shares them on
127.0.0.1 and reads one back through the protocol.
Next: open DIR/sluice.yaml, put in a table of your own, and run sluice serve --config DIR/sluice.yaml)";

constexpr std::array<std::string_view, 4> kTopics = {"serve", "check", "demo", "settings"};
constexpr std::array<std::string_view, 4> kCommands = {"serve", "check", "demo", "help"};

// One command's options and the command that they fill.
template <class T>
struct Parser {
  CLI::App app;
  T command;
};

// Refuses what the settings table does not allow for `key`.
CLI::Validator Allowed(std::string_view key) {
  const Setting* setting = FindSetting(key);
  return CLI::Validator(
      [setting](const std::string& text) {
        Settings scratch{};
        const Status checked = Assign(scratch, *setting, text);
        return checked.has_value() ? std::string() : checked.error().message;
      },
      "");
}

void Prepare(CLI::App& app, const char* name, const char* examples) {
  app.name(fmt::format("sluice {}", name));
  app.footer(examples);
  app.set_help_flag("-h,--help", "Print this help");
  app.get_formatter()->column_width(28);
  app.get_formatter()->label("TEXT", "");
}

std::unique_ptr<Parser<ServeCommand>> ServeParser() {
  auto parser = std::make_unique<Parser<ServeCommand>>();
  CLI::App& app = parser->app;
  ServeCommand& command = parser->command;
  app.description("Shares the tables of a configuration file.");
  Prepare(app, "serve", kServeExamples);
  app.add_option("--config", command.config_path, "The configuration file (YAML)")
      ->required()
      ->type_name("FILE");
  app.add_option("--host", command.host, "Listen on this address instead of the file's")
      ->check(Allowed("host"))
      ->type_name("HOST");
  app.add_option("--port", command.port, "Listen on this port; 0: any free one")
      ->check(Allowed("port"))
      ->type_name("N");
  app.add_option("--log-level", command.log_level, "debug, info, warn, error or off")
      ->check(Allowed("logLevel"))
      ->type_name("LEVEL");
  app.add_flag("--insecure-no-auth", command.insecure_no_auth,
               "Start without a token in the file: everybody may read everything");
  return parser;
}

std::unique_ptr<Parser<CheckCommand>> CheckParser() {
  auto parser = std::make_unique<Parser<CheckCommand>>();
  CLI::App& app = parser->app;
  CheckCommand& command = parser->command;
  app.description("Says whether a configuration is good and its tables can be read.");
  Prepare(app, "check", kCheckExamples);
  app.add_option("--config", command.config_path, "The configuration file (YAML)")
      ->required()
      ->type_name("FILE");
  app.add_flag("--files", command.files,
               "Look at the tables' data files and deletion vectors, too");
  app.add_flag("--json", command.json, "Print one JSON object for programs");
  app.add_flag("--insecure-no-auth", command.insecure_no_auth,
               "A file without a token is good, as for serve");
  return parser;
}

std::unique_ptr<Parser<DemoCommand>> DemoParser() {
  auto parser = std::make_unique<Parser<DemoCommand>>();
  CLI::App& app = parser->app;
  DemoCommand& command = parser->command;
  app.description("Makes a small lakehouse, shares it on this machine, and reads it back.");
  Prepare(app, "demo", kDemoExamples);
  app.add_option("--dir", command.dir, "Where it is made (default: sluice-demo)")->type_name("DIR");
  app.add_option("--port", command.port, "The port to listen on (default: 8080)")
      ->check(Allowed("port"))
      ->type_name("N");
  app.add_flag("--once", command.once, "Stop after the table was read back");
  return parser;
}

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

Command FollowCommand(std::string_view name, std::vector<std::string> words) {
  if (name == "serve") return Follow(ServeParser(), std::move(words));
  if (name == "check") return Follow(CheckParser(), std::move(words));
  return Follow(DemoParser(), std::move(words));
}

UsageError Unknown(std::string_view what, std::string_view word,
                   std::span<const std::string_view> known) {
  const auto near = NearestWord(word, known);
  return {fmt::format("sluice: unknown {} {}{}\nRun 'sluice help' for what there is.\n", what,
                      Shown(word), near ? fmt::format("; did you mean '{}'?", *near) : "")};
}

Command FollowHelp(const std::vector<std::string>& words) {
  if (words.empty() || words[0] == "--help" || words[0] == "-h") {
    return PrintCommand{std::string(kOverview)};
  }
  const std::string& topic = words[0];
  if (topic == "settings") {
    if (words.size() == 1) return PrintCommand{RenderSettingsText()};
    if (words.size() == 2 && words[1] == "--markdown") {
      return PrintCommand{RenderSettingsMarkdown()};
    }
    return UsageError{"sluice help settings: the only option is --markdown\n"};
  }
  if (std::ranges::find(kTopics, topic) == kTopics.end()) return Unknown("topic", topic, kTopics);
  return FollowCommand(topic, {"--help"});
}

}  // namespace

Command ParseCommandLine(std::vector<std::string> words) {
  if (words.empty()) return UsageError{std::string(kOverview)};
  const std::string name = words.front();
  words.erase(words.begin());
  if (name == "--version" || name == "-V" || name == "version") return VersionCommand{};
  if (name == "--help" || name == "-h" || name == "help") return FollowHelp(words);
  if (std::ranges::find(kCommands, name) == kCommands.end()) {
    return Unknown(name.starts_with('-') ? "option" : "command", name, kCommands);
  }
  return FollowCommand(name, std::move(words));
}

}  // namespace sluice::server
