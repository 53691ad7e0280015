#include "server/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <utility>

#include "server/command_parser.h"
#include "server/settings.h"

namespace sluice::server {
namespace {

constexpr std::string_view kOverview =
    R"(sluice shares Delta tables through the open Delta Sharing protocol.

  sluice demo                        make a small lakehouse and share it on this machine
  sluice check --config sluice.yaml  is this configuration good, and can its tables be read?
  sluice serve --config sluice.yaml  share them
  sluice serve --data DIR            share what a catalog says, with recipients, grants and an audit
  sluice import, admin, backup, restore, move-catalog, explain-access, audit    work on that catalog
  sluice conformance URL --token T   does a sharing server, this one or another, follow the protocol?
  sluice help settings               every key of the configuration file
  sluice help COMMAND                options and examples of a command
  sluice --version

Next: `sluice demo` needs nothing but this program.
)";

constexpr const char* kServeExamples = R"(Examples:
  sluice serve --data /var/lib/sluice --listen 127.0.0.1:8080 --local-root /data/lake
  sluice serve --data /var/lib/sluice --config settings.yaml
  sluice serve --config sluice.yaml
  sluice serve --config sluice.yaml --host 0.0.0.0 --port 8443

With --data shares, recipients and grants are kept in that folder and managed over REST, as Databricks
manages them; the first start writes a token for it to DIR/admin-token. Without it the file says what
is shared: the reference server's YAML as it is. Options go before what the file says.
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

Makes retail tables of about a million rows in DIR and a catalog that shares them: the share "retail"
with the recipient "partner", and one with the recipient "europe", who gets its own region's orders.
Serves them on 127.0.0.1 and reads one back through the protocol.
Next: what it prints at the end; everything it made can be changed over REST while it runs)";

constexpr const char* kConformanceExamples = R"(Examples:
  sluice conformance --profile config.share
  sluice conformance https://host/delta-sharing --token "$TOKEN"
  sluice conformance --profile config.share --only 'list-*,errors.*'
  sluice conformance --profile config.share --html report.html --junit report.xml
  sluice conformance make-tables DIR     write the tables that it knows, to be shared (see its --help)
  sluice conformance --profile config.share --json | jq '.checks[] | select(.verdict == "fail")'
  sluice conformance --list

Asks a Delta Sharing server, any, and says where it differs from the protocol. It only reads. Checks
that need known data are skipped until the tables of `sluice conformance make-tables` are shared.
Exit code 0: it conforms, 1: it does not, 2: it could not be asked.
A recommendation that is not followed changes the exit code only with --strict.
Next: --html report.html writes what was found as a page)";

constexpr const char* kMakeTablesExamples = R"(Examples:
  sluice conformance make-tables suite
  sluice serve --config suite/sluice.yaml
  sluice conformance --profile suite/profile.share

Writes Delta tables whose rows the suite knows, the same ones each time, a README.md that says what is
what, and configurations that share them: for Sluice, and for the reference server. It writes to a folder
of this machine; for a server that reads from a bucket, copy DIR/tables there as it is.
Next: share the tables, and run sluice conformance against the server.)";

constexpr auto kTopics = std::to_array<std::string_view>(
    {"serve", "check", "demo", "conformance", "settings", "routes", "import", "admin", "backup",
     "restore", "move-catalog", "explain-access", "audit"});
constexpr auto kCommands = std::to_array<std::string_view>(
    {"serve", "check", "demo", "conformance", "help", "import", "admin", "backup", "restore",
     "move-catalog", "explain-access", "audit"});

// "127.0.0.1:8080", "[::1]:0"
CLI::Validator IsHostAndPort() {
  return CLI::Validator(
      [](const std::string& text) {
        const size_t colon = text.rfind(':');
        const std::string port = colon == std::string::npos ? "" : text.substr(colon + 1);
        Settings scratch{};
        if (colon == std::string::npos || colon == 0 ||
            !Assign(scratch, *FindSetting("port"), port)) {
          return std::string("must be HOST:PORT, as in 127.0.0.1:8080");
        }
        return std::string();
      },
      "");
}

std::unique_ptr<Parser<ServeCommand>> ServeParser() {
  auto parser = std::make_unique<Parser<ServeCommand>>();
  CLI::App& app = parser->app;
  ServeCommand& command = parser->command;
  app.description("Shares tables: those of a catalog that it keeps, or of a configuration file.");
  Prepare(app, "serve", kServeExamples);
  CLI::Option* data =
      app.add_option("--data", command.data, "Keep a catalog in this folder; made where needed")
          ->type_name("DIR");
  app.add_option("--database", command.database,
                 "With --data: keep the catalog's rows in this PostgreSQL; noted in DIR")
      ->needs(data)
      ->type_name("URL");
  app.add_option("--listen", command.listen, "Listen here, as HOST:PORT; port 0: any free one")
      ->check(IsHostAndPort())
      ->type_name("HOST:PORT");
  app.add_option("--local-root", command.local_roots,
                 "With --data: tables may lie in this folder of the machine (repeatable)")
      ->needs(data)
      ->type_name("PATH");
  app.add_flag("--accept-audit-break", command.accept_audit_break,
               "With --data: start on an audit log whose end is damaged")
      ->needs(data);
  app.add_option("--config", command.config_path,
                 "The configuration file (YAML); with --data its settings alone")
      ->type_name("FILE");
  app.callback([&command] {
    if (command.config_path.empty() && command.data.empty()) {
      throw CLI::RequiredError("--data or --config");
    }
  });
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

void AddConformanceOutput(CLI::App& app, ConformanceCommand& command) {
  app.add_flag("--strict", command.strict, "Recommendations count like requirements");
  app.add_flag("--json", command.json, "Print one JSON object for programs");
  app.add_flag("--quiet", command.quiet, "Leave out of the terminal what passed");
  app.add_option("--html", command.html_path, "Write a page, too")->type_name("FILE");
  app.add_option("--junit", command.junit_path, "Write JUnit's XML, too")->type_name("FILE");
  CLI::Option* list = app.add_flag("--list", command.list, "Print the checks, and ask nobody");
  app.add_flag("--markdown", command.markdown, "With --list: as the guide has it")->needs(list);
}

std::unique_ptr<Parser<ConformanceCommand>> ConformanceParser() {
  auto parser = std::make_unique<Parser<ConformanceCommand>>();
  CLI::App& app = parser->app;
  ConformanceCommand& command = parser->command;
  app.description("Says whether a Delta Sharing server, any, follows the protocol.");
  Prepare(app, "conformance", kConformanceExamples);
  app.add_option("URL", command.url, "The server's endpoint; without it, the profile's");
  app.add_option("--profile", command.profile_path, "The recipient's profile file")
      ->type_name("FILE");
  app.add_option("--token", command.token, "The bearer token, without a profile");
  app.add_option("--ca-file", command.ca_file, "Trust the certificates of this PEM file")
      ->type_name("FILE");
  app.add_option("--only", command.only, "Run these checks alone: 'list-*,errors.*'")
      ->type_name("GLOBS");
  app.add_option("--share", command.made,
                 "Where make-tables' tables are shared (default: conformance.default)")
      ->type_name("SHARE");
  app.add_option("--timeout", command.request_seconds, "Seconds for one request (default: 30)")
      ->check(CLI::Range(1, 3600))
      ->type_name("N");
  app.add_option("--time-limit", command.all_seconds, "Seconds for all of it (default: 900)")
      ->check(CLI::Range(1, 86'400))
      ->type_name("N");
  app.add_flag("--token-in-url", command.token_in_url,
               "Run the check, too, that puts the token into a URL: logs keep it");
  AddConformanceOutput(app, command);
  return parser;
}

std::unique_ptr<Parser<MakeTablesCommand>> MakeTablesParser() {
  auto parser = std::make_unique<Parser<MakeTablesCommand>>();
  CLI::App& app = parser->app;
  app.description("Writes the tables that the conformance suite knows.");
  Prepare(app, "conformance make-tables", kMakeTablesExamples);
  app.add_option("DIR", parser->command.dir, "A local folder that does not exist or is empty")
      ->required();
  return parser;
}

Command FollowCommand(std::string_view name, std::vector<std::string> words) {
  if (auto command = FollowDataCommand(name, words)) return *std::move(command);
  if (name == "serve") return Follow(ServeParser(), std::move(words));
  if (name == "check") return Follow(CheckParser(), std::move(words));
  if (name == "conformance" && !words.empty() && words.front() == "make-tables") {
    words.erase(words.begin());
    return Follow(MakeTablesParser(), std::move(words));
  }
  if (name == "conformance") return Follow(ConformanceParser(), std::move(words));
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
  if (topic == "routes") return RoutesCommand{};
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
