// sluice admin, sluice explain-access, sluice help routes.
#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "audit/noted_events.h"
#include "base/crypto/uuid.h"
#include "base/json.h"
#include "catalog/access.h"
#include "catalog/access_tokens.h"
#include "server/catalog_parts.h"
#include "server/commands.h"
#include "server/services.h"
#include "server/serving.h"

namespace sluice::server {
namespace {

// A catalog that is looked at, or changed, beside a server that may run on it.
struct OpenCatalog {
  SystemClock clock;
  SecureRandom random;
  std::unique_ptr<db::Database> database;
  std::unique_ptr<catalog::RowStore> rows;
  std::unique_ptr<catalog::Catalog> catalog;
};

Result<DataDirectory> ExistingDirectory(const std::string& path) {
  if (!DataDirectory::Exists(path)) {
    return Fail(Code::kNotFound, fmt::format("{} is not a data directory: there is no sluice.db in "
                                             "it; sluice serve --data makes one",
                                             path));
  }
  return DataDirectory::Open(path);
}

Result<std::unique_ptr<OpenCatalog>> OpenBeside(const DataDirectory& directory) {
  auto open = std::make_unique<OpenCatalog>();
  open->database = TRY(OpenDatabase(directory));
  open->rows = std::make_unique<catalog::RowStore>(*open->database);
  // Nothing here opens or seals a secret.
  open->catalog =
      TRY(catalog::Catalog::Open(*open->rows, open->clock, open->random, std::string(32, '\0')));
  return open;
}

// Who runs this: a name, or the number where there is none.
std::string SystemUser() {
  const ::uid_t user = ::getuid();
  const struct passwd* entry = ::getpwuid(user);
  return entry == nullptr ? fmt::format("{}", user) : entry->pw_name;
}

Status ResetAdmin(const AdminCommand& command) {
  const DataDirectory directory = TRY(ExistingDirectory(command.data));
  const auto open = TRY(OpenBeside(directory));
  // Before it is done, and whether a server runs or not: it takes this into its log.
  audit::Event event;
  event.id = crypto::RandomUuid(open->random);
  event.time = open->clock.Now();
  event.action = "resetAdminToken";
  event.principal = "sluice admin reset-token";
  event.params = {{"user", catalog::AdminUserName(*open->catalog->Now())},
                  {"system_user", SystemUser()}};
  TRY(audit::NotedEvents(*open->database).Add(event));
  const catalog::AdminToken made = TRY(catalog::ResetAdminToken(*open->catalog));
  TRY(directory.WriteAdminToken(made.token));
  fmt::print("The user \"{}\" has a new token: it is in {}\n", made.user, directory.admin_token());
  return {};
}

Status Explain(const ExplainAccessCommand& command, bool& is_allowed) {
  const DataDirectory directory = TRY(ExistingDirectory(command.data));
  const auto open = TRY(OpenBeside(directory));
  const auto picture = open->catalog->Now();
  const catalog::Principal* who = picture->FindPrincipalByName(command.principal);
  if (who == nullptr) {
    return Fail(Code::kNotFound, fmt::format("there is no principal '{}'", command.principal));
  }
  const auto dots = std::ranges::count(command.object, '.');
  std::optional<catalog::Kind> kind = dots == 0   ? catalog::Kind::kCatalog
                                      : dots == 1 ? catalog::Kind::kSchema
                                                  : catalog::Kind::kTable;
  if (!command.type.empty()) kind = catalog::ParseKind(command.type);
  if (!kind) return Fail(Code::kInvalidArgument, fmt::format("no such type: {}", command.type));
  const catalog::Securable* object = picture->FindByName(*kind, command.object);
  if (object == nullptr) {
    return Fail(Code::kNotFound,
                fmt::format("there is no {} '{}'", catalog::KindWords(*kind), command.object));
  }
  const catalog::Access access(*picture, who->id, open->clock.Now());
  const auto lines = TRY(catalog::ExplainAccess(access, *object, command.privilege));
  is_allowed = lines.front().decision.allowed || command.privilege.empty();
  if (command.json) {
    json::Array array;
    for (const auto& line : lines) {
      array.push_back(json::Object{{"what", line.what},
                                   {"allowed", line.decision.allowed},
                                   {"reason", line.decision.reason}});
    }
    fmt::print("{}\n", json::Serialize(json::Object{{"principal", who->name},
                                                    {"object", picture->FullName(*object)},
                                                    {"access", std::move(array)}}));
    return {};
  }
  for (const auto& line : lines) {
    fmt::print("{:<4} {:<24} {}\n", line.decision.allowed ? "yes" : "no", line.what,
               line.decision.reason);
  }
  return {};
}

// The routes of a server that keeps a catalog, as it builds them itself: of one that is started on
// an empty folder and goes away again.
Status PrintRoutes() {
  std::string folder = std::filesystem::temp_directory_path() / "sluice-routes-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) {
    return Fail(Code::kUnavailable, "no temporary folder can be made");
  }
  Config config;
  config.settings = DefaultSettings();
  config.settings.port = 0;
  std::vector<std::string> lines;
  {
    const auto services = Services::Build(config, {.data = folder});
    if (services) lines = (*services)->Routes();
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
    if (!services) return std::unexpected(services.error());
  }
  std::ranges::sort(lines);
  for (const std::string& line : lines) fmt::print("{}\n", line);
  return {};
}

}  // namespace

int RunRoutes(const RoutesCommand& /*command*/) {
  const Status done = PrintRoutes();
  return done ? 0 : ReportFailure(done.error(), kExitFailure);
}

int RunAdmin(const AdminCommand& command) {
  const Status done = ResetAdmin(command);
  return done ? 0 : ReportFailure(done.error(), kExitFailure);
}

int RunExplainAccess(const ExplainAccessCommand& command) {
  bool is_allowed = false;
  const Status done = Explain(command, is_allowed);
  if (!done) return ReportFailure(done.error(), kExitUsage);
  return is_allowed ? 0 : kExitFailure;
}

}  // namespace sluice::server
