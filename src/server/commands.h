// server/commands.h -- what a command line asks for, and the functions that do it.
//
// Each Run function returns the exit code of the process: 0 good, 1 it failed, 2 the command line
// or the configuration is wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "portal/files.h"

namespace sluice::server {

struct ServeCommand {
  std::string config_path{};  // with `data`: settings alone; may be empty
  std::string data{};         // the data directory; empty: the configuration says what is shared
  std::string database{};     // with `data`: the URL of its database; empty: where it is
  std::optional<std::string> listen{};  // HOST:PORT
  std::vector<std::string> local_roots{};
  bool accept_audit_break = false;
  // These go before what the file says; already checked against the settings table.
  std::optional<std::string> host{};
  std::optional<uint16_t> port{};
  std::optional<std::string> log_level{};
  bool insecure_no_auth = false;
};

struct CheckCommand {
  std::string config_path{};
  bool insecure_no_auth = false;
  bool json = false;
  bool files = false;  // look at the tables' files, too
};

struct DemoCommand {
  std::string dir = "sluice-demo";
  uint16_t port = 8080;
  bool once = false;  // stop after the table was read back
};

struct ConformanceCommand {
  std::string url{};           // of the endpoint; empty: the profile's
  std::string profile_path{};  // empty: no profile
  std::string token{};         // in place of the profile's
  std::string ca_file{};
  std::string only{};
  std::string made = "conformance";  // where the tables of make-tables are shared
  int request_seconds = 30;
  int all_seconds = 900;
  bool list = false;
  bool markdown = false;  // with `list`: as docs/guide/conformance.md has it
  bool strict = false;
  bool token_in_url = false;
  bool json = false;
  bool quiet = false;
  std::string html_path{};
  std::string junit_path{};
};

struct MakeTablesCommand {
  std::string dir{};
};

// These work on a data directory, whether a server runs on it or not.

struct AdminCommand {
  std::string data{};
};

struct BackupCommand {
  std::string data{};
  std::string to{};
  bool without_key = false;
};

struct RestoreCommand {
  std::string from{};
  std::string data{};
};

struct ImportCommand {
  std::string config_path{};
  std::string data{};
};

struct MoveCatalogCommand {
  std::string data{};
  std::string to{};  // a URL, or "file"
};

struct ExplainAccessCommand {
  std::string data{};
  std::string principal{};
  std::string object{};
  std::string type{};       // empty: by the parts of the name: catalog, schema, table
  std::string privilege{};  // empty: all that are held
  bool json = false;
};

struct AuditCommand {
  enum class What { kVerify, kExport };
  What what = What::kVerify;
  std::string data{};
  std::string from{};  // times, dates; empty: from the first, to the last
  std::string to{};
  std::string action{};
  std::string share{};
  std::string recipient{};
  std::string table{};
  std::string principal{};
  uint64_t after = 0;       // the number of an event: from the next one on
  bool syslog = false;      // RFC 5424 in place of JSON lines
  std::string collector{};  // with `syslog`: where to; empty: the standard output
  std::string ca_file{};    // with a collector by TLS
  std::string delta{};      // the folder of a Delta table, which gets what it has not; empty: none
  bool follow = false;
  bool json = false;
};

struct RoutesCommand {};

int RunServe(const ServeCommand& command, portal::Files web);
int RunCheck(const CheckCommand& command);
int RunDemo(const DemoCommand& command, portal::Files web);
int RunConformance(const ConformanceCommand& command);
int RunMakeTables(const MakeTablesCommand& command);
int RunAdmin(const AdminCommand& command);
int RunBackup(const BackupCommand& command);
int RunRestore(const RestoreCommand& command);
int RunImport(const ImportCommand& command);
int RunMoveCatalog(const MoveCatalogCommand& command);
int RunExplainAccess(const ExplainAccessCommand& command);
int RunAudit(const AuditCommand& command);
int RunRoutes(const RoutesCommand& command);

}  // namespace sluice::server
