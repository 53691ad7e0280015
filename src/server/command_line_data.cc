#include "db/database.h"
#include "server/command_parser.h"

namespace sluice::server {
namespace {

constexpr const char* kAdminExamples = R"(Examples:
  sluice admin reset-token --data /var/lib/sluice

Gives the user "admin" a new token, writes it to DIR/admin-token (mode 0600) and ends the one that was
there. A server that runs on the folder knows within a second. The audit log says so, too: by that server,
or by the next one that starts.)";

constexpr const char* kBackupExamples = R"(Examples:
  sluice backup /backups/2026-11-21 --data /var/lib/sluice
  sluice backup /backups/2026-11-21 --data /var/lib/sluice --without-key

Writes a copy of the catalog and of the audit log as they are at one moment, while the server runs, to a
folder that does not exist yet. The master key opens all secrets: keep such a backup as you keep the key.
Next: sluice restore /backups/2026-11-21 --data NEW_FOLDER)";

constexpr const char* kRestoreExamples = R"(Examples:
  sluice restore /backups/2026-11-21 --data /var/lib/sluice

Checks a backup and puts it into a folder that does not exist or is empty.
Next: sluice serve --data /var/lib/sluice)";

constexpr const char* kImportExamples = R"(Examples:
  sluice import sluice.yaml --data /var/lib/sluice

Takes over what a configuration file shares: its shares, tables with their ids, the credentials of its
stores, and its bearer token as that of a recipient named "imported", so that profiles in use go on
working. No server may run on the folder.
Next: sluice serve --data /var/lib/sluice; settings of the file (host, port, limits) go on with
--config FILE once shares, storage and authorization are taken out of it)";

constexpr const char* kMoveExamples = R"(Examples:
  sluice move-catalog --data /var/lib/sluice --to 'postgresql://sluice@db.example.com/sluice'
  sluice move-catalog --data /var/lib/sluice --to file

Moves the catalog from DIR/sluice.db into an empty PostgreSQL, or from there into DIR/sluice.db. No
server may run on the folder. Master key, audit log and tokens stay as they are. All rows are compared
before the folder goes over to the new place; what was broken off can be run again. The old rows are
kept.
Next: sluice serve --data /var/lib/sluice)";

constexpr const char* kExplainExamples = R"(Examples:
  sluice explain-access ada@example.org sales.public.orders --data /var/lib/sluice
  sluice explain-access analysts sales --privilege USE_CATALOG --data /var/lib/sluice
  sluice explain-access ada@example.org my_share --type share --json --data /var/lib/sluice

Says what a user, group or service principal may do with an object, and why. Exit code 0: the privilege
that was asked for is there, or none was asked for; 1: it is not.)";

constexpr const char* kAuditExamples = R"(Examples:
  sluice audit verify --data /var/lib/sluice
  sluice audit export --data /var/lib/sluice --from 2026-11-01 --share sales > november.jsonl
  sluice audit export --data /var/lib/sluice --follow
  sluice audit export --data /var/lib/sluice --recipient acme --syslog | logger --stdin
  sluice audit export --data /var/lib/sluice --syslog tls://logs.example.org:6514 --follow
  sluice audit export --data /var/lib/sluice --syslog unix:/dev/log --after 1200
  sluice audit export --data /var/lib/sluice --delta /srv/lake/audit

verify walks the whole log and says where it was altered, if it was, or that no database notes where it
ends (exit code 1).
export writes entries as JSON lines, oldest first; or as syslog messages, to the standard output or to a
collector (udp://HOST:PORT, tcp://HOST:PORT, tls://HOST:PORT, unix:/PATH). With --follow it goes on as they
come, until Ctrl-C; a collector that was away gets what it missed, and perhaps some entries twice.
--delta verifies the log, then adds to a Delta table what is not in it yet; run it as often as you like.)";

template <class T>
void AddData(CLI::App& app, T& command) {
  app.add_option("--data", command.data, "The server's data directory")
      ->required()
      ->type_name("DIR");
}

std::unique_ptr<Parser<AdminCommand>> AdminParser() {
  auto parser = std::make_unique<Parser<AdminCommand>>();
  parser->app.description("Lets the owner of the machine in again.");
  Prepare(parser->app, "admin reset-token", kAdminExamples);
  AddData(parser->app, parser->command);
  return parser;
}

std::unique_ptr<Parser<BackupCommand>> BackupParser() {
  auto parser = std::make_unique<Parser<BackupCommand>>();
  CLI::App& app = parser->app;
  app.description("Copies catalog and audit log while the server runs.");
  Prepare(app, "backup", kBackupExamples);
  app.add_option("TO", parser->command.to, "A folder that does not exist yet")->required();
  AddData(app, parser->command);
  app.add_flag("--without-key", parser->command.without_key, "Leave the master key out");
  return parser;
}

std::unique_ptr<Parser<RestoreCommand>> RestoreParser() {
  auto parser = std::make_unique<Parser<RestoreCommand>>();
  CLI::App& app = parser->app;
  app.description("Puts a backup into a new data directory.");
  Prepare(app, "restore", kRestoreExamples);
  app.add_option("FROM", parser->command.from, "What sluice backup wrote")->required();
  AddData(app, parser->command);
  return parser;
}

std::unique_ptr<Parser<ImportCommand>> ImportParser() {
  auto parser = std::make_unique<Parser<ImportCommand>>();
  CLI::App& app = parser->app;
  app.description("Moves from a configuration file to a catalog.");
  Prepare(app, "import", kImportExamples);
  app.add_option("FILE", parser->command.config_path, "The configuration file")->required();
  AddData(app, parser->command);
  return parser;
}

std::unique_ptr<Parser<MoveCatalogCommand>> MoveParser() {
  auto parser = std::make_unique<Parser<MoveCatalogCommand>>();
  CLI::App& app = parser->app;
  app.description("Moves a catalog into PostgreSQL, or back into a file.");
  Prepare(app, "move-catalog", kMoveExamples);
  AddData(app, parser->command);
  app.add_option("--to", parser->command.to, "The URL of an empty database, or: file")
      ->required()
      ->check(CLI::Validator(
          [](const std::string& text) {
            const bool fits = text == "file" || db::IsUrl(text);
            return std::string(fits ? ""
                                    : "must be a URL as in postgresql://host/sluice, or: file");
          },
          ""))
      ->type_name("WHERE");
  return parser;
}

std::unique_ptr<Parser<ExplainAccessCommand>> ExplainParser() {
  auto parser = std::make_unique<Parser<ExplainAccessCommand>>();
  CLI::App& app = parser->app;
  ExplainAccessCommand& command = parser->command;
  app.description("Who may do what, and why.");
  Prepare(app, "explain-access", kExplainExamples);
  app.add_option("PRINCIPAL", command.principal, "A user, group or service principal")->required();
  app.add_option("OBJECT", command.object, "Its full name")->required();
  AddData(app, command);
  app.add_option("--type", command.type, "What OBJECT is; default: a catalog, schema or table")
      ->type_name("TYPE");
  app.add_option("--privilege", command.privilege, "Ask for this one alone")->type_name("P");
  app.add_flag("--json", command.json, "Print one JSON object for programs");
  return parser;
}

std::unique_ptr<Parser<AuditCommand>> AuditParser(AuditCommand::What what) {
  auto parser = std::make_unique<Parser<AuditCommand>>();
  CLI::App& app = parser->app;
  AuditCommand& command = parser->command;
  command.what = what;
  const bool is_export = what == AuditCommand::What::kExport;
  app.description("The audit log: whole and unaltered? And what is in it.");
  Prepare(app, is_export ? "audit export" : "audit verify", kAuditExamples);
  AddData(app, command);
  if (!is_export) {
    app.add_flag("--json", command.json, "Print one JSON object for programs");
    return parser;
  }
  app.add_option("--from", command.from, "From this time on (2026-11-01, 2026-11-01T12:00:00Z)")
      ->type_name("TIME");
  app.add_option("--to", command.to, "Before this time")->type_name("TIME");
  app.add_option("--action", command.action, "Of this action_name")->type_name("NAME");
  app.add_option("--share", command.share, "About this share")->type_name("NAME");
  app.add_option("--recipient", command.recipient, "Of this recipient")->type_name("NAME");
  app.add_option("--table", command.table, "About this table, as schema.table")->type_name("NAME");
  app.add_option("--principal", command.principal, "Of this user or recipient")->type_name("NAME");
  app.add_option("--after", command.after, "Behind the event of this number")->type_name("SEQ");
  app.add_flag("--follow", command.follow, "Go on as events come");
  CLI::Option* syslog =
      app.add_option(
             "--syslog", command.collector,
             "As syslog messages (RFC 5424); to this collector, else to the standard output")
          ->expected(0, 1)
          ->type_name("URL");
  app.add_option("--ca-file", command.ca_file,
                 "PEM; what a tls:// collector's certificate is held against")
      ->type_name("FILE")
      ->needs(syslog);
  CLI::Option* delta = app.add_option("--delta", command.delta,
                                      "Into the Delta table in this folder, each event once")
                           ->type_name("FOLDER");
  app.final_callback([&command, &app, syslog, delta] {
    command.syslog = syslog->count() > 0;
    if (delta->count() == 0) return;
    // The table has all events, or it could not say what it has.
    for (const CLI::Option* option : app.get_options()) {
      const bool fits = option == delta || option->get_name() == "--data";
      if (!fits && option->count() > 0) throw CLI::ExcludesError("--delta", option->get_name());
    }
  });
  return parser;
}

// Of a command of two words without its second.
UsageError WrongSecondWord(std::string_view name, std::string_view choices) {
  return UsageError{fmt::format(
      "sluice {}: needs one of: {}\nRun 'sluice {} --help' for examples.\n", name, choices, name)};
}

}  // namespace

std::optional<Command> FollowDataCommand(std::string_view name, std::vector<std::string> words) {
  if (name == "backup") return Follow(BackupParser(), std::move(words));
  if (name == "restore") return Follow(RestoreParser(), std::move(words));
  if (name == "import") return Follow(ImportParser(), std::move(words));
  if (name == "move-catalog") return Follow(MoveParser(), std::move(words));
  if (name == "explain-access") return Follow(ExplainParser(), std::move(words));
  const std::string second = words.empty() ? "" : words.front();
  const bool wants_help = second == "--help" || second == "-h";
  if (name == "admin") {
    if (second != "reset-token" && !wants_help) return WrongSecondWord(name, "reset-token");
    if (!wants_help) words.erase(words.begin());
    return Follow(AdminParser(), std::move(words));
  }
  if (name == "audit") {
    if (second != "verify" && second != "export" && !wants_help) {
      return WrongSecondWord(name, "verify, export");
    }
    if (!wants_help) words.erase(words.begin());
    return Follow(
        AuditParser(second == "verify" ? AuditCommand::What::kVerify : AuditCommand::What::kExport),
        std::move(words));
  }
  return std::nullopt;
}

}  // namespace sluice::server
