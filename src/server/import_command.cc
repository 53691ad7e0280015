// sluice import: from a configuration file to a catalog.
#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "base/encoding.h"
#include "catalog/credentials.h"
#include "catalog/locations.h"
#include "server/catalog_parts.h"
#include "server/commands.h"
#include "server/config.h"
#include "server/serving.h"
#include "storage/location.h"

namespace sluice::server {
namespace {

using catalog::Edit;
using catalog::Id;
using catalog::Securable;
using Source = storage::S3CredentialOptions::Source;

constexpr std::string_view kRecipient = "imported";

// What is written, told when it is done.
struct Summary {
  size_t shares = 0;
  size_t tables = 0;
  size_t credentials = 0;
  std::set<std::string> folders;  // that local tables lie in
};

class Import {
 public:
  Import(const Config& config, catalog::Catalog& catalog, Edit& edit)
      : config_(config),
        catalog_(catalog),
        edit_(edit),
        metastore_(edit.picture().metastore().id),
        owner_(edit.picture().metastore().owner) {}

  Status Run() {
    if (edit_.picture().FindByName(catalog::Kind::kRecipient, kRecipient) != nullptr) {
      return Fail(
          Code::kAlreadyExists,
          fmt::format("there is a recipient \"{}\" in this catalog: a file was moved into it "
                      "before",
                      kRecipient));
    }
    for (size_t i = 0; i < config_.storage_rules.size(); ++i) TRY(AddRule(i));
    for (const catalog::ShareEntry& share : config_.shares) TRY(AddShare(share));
    AddRecipient();
    return {};
  }
  const Summary& summary() const { return summary_; }

 private:
  Securable New(const Id& parent, std::string name, catalog::Details details) const {
    return {
        .parent = parent, .name = std::move(name), .owner = owner_, .details = std::move(details)};
  }

  // Keys of a store become a credential, and what they are for an external location.
  Status AddRule(size_t index) {
    const storage::StoreRule& rule = config_.storage_rules[index];
    const std::string name = rule.name.empty() ? fmt::format("storage-{}", index + 1) : rule.name;
    Securable credential = New(metastore_, name, TRY(CredentialOf(rule, name)));
    credential.id = edit_.NewUuid();
    Seal(rule, credential);
    const Id id = edit_.Create(std::move(credential));
    std::string url = rule.prefix;
    while (url.ends_with('/')) url.pop_back();
    catalog::ExternalLocation location{
        .url = url, .credential = id, .directory_access = rule.s3.directory_access};
    if (auto& access = location.directory_access; access && access->sts_endpoint.empty()) {
      access->sts_endpoint = rule.s3.sts_endpoint;
    }
    edit_.Create(New(metastore_, name, std::move(location)));
    ++summary_.credentials;
    return {};
  }

  static Result<catalog::StorageCredential> CredentialOf(const storage::StoreRule& rule,
                                                         const std::string& name) {
    const storage::S3Options& s3 = rule.s3;
    const storage::S3CredentialOptions& keys = s3.credentials;
    catalog::StorageCredential credential;
    const auto set = [&](const char* key, const std::string& value) {
      if (!value.empty()) credential.settings[key] = value;
    };
    set("endpoint", s3.endpoint);
    set("region", s3.region);
    if (s3.addressing == storage::S3Options::Addressing::kPath) set("path_style", "true");
    if (keys.source == Source::kStatic && keys.role_arn.empty()) {
      credential.type = catalog::CredentialType::kS3AccessKey;
      set("access_key_id", keys.access_key_id);
      return credential;
    }
    if (keys.source == Source::kDefault && !keys.role_arn.empty()) {
      credential.type = catalog::CredentialType::kAwsIamRole;
      set("role_arn", keys.role_arn);
      set("external_id", keys.external_id);
      return credential;
    }
    return Fail(
        Code::kUnsupported,
        fmt::format("storage '{}': the catalog keeps static keys, and roles that the server's "
                    "own identity assumes; other sources cannot be moved. Give it one of "
                    "those, import, and change it back in the file of the settings",
                    name));
  }

  void Seal(const storage::StoreRule& rule, Securable& credential) {
    const storage::S3CredentialOptions& keys = rule.s3.credentials;
    if (keys.source != Source::kStatic) return;
    catalog::Properties secrets{{"secret_access_key", keys.secret_access_key}};
    if (!keys.session_token.empty()) secrets["session_token"] = keys.session_token;
    credential.As<catalog::StorageCredential>().secret =
        catalog::SealSecrets(catalog_, credential.id, secrets);
  }

  // A share becomes a catalog of its name, with the same schemas and tables, and a share of them.
  Status AddShare(const catalog::ShareEntry& entry) {
    const Id tree = edit_.Create(New(metastore_, entry.name, catalog::CatalogDetails{}));
    catalog::Share share;
    for (const catalog::SchemaEntry& schema : entry.schemas) {
      const Id parent = edit_.Create(New(tree, schema.name, catalog::SchemaDetails{}));
      for (const catalog::TableEntry& table : schema.tables) {
        share.objects.push_back(TRY(AddTable(entry.name, schema.name, parent, table)));
      }
    }
    Securable shared = New(metastore_, entry.name, std::move(share));
    // Recipients know shares by these.
    shared.id = catalog::ShareIdOf(entry.name);
    shared.grants = {{.principal = recipient_, .privilege = catalog::Privilege::kSelect}};
    edit_.Create(std::move(shared));
    ++summary_.shares;
    return {};
  }

  Result<catalog::SharedObject> AddTable(const std::string& share, const std::string& schema,
                                         const Id& parent, const catalog::TableEntry& table) {
    catalog::Table details;
    details.storage_location = table.location;
    while (details.storage_location.ends_with('/')) details.storage_location.pop_back();
    if (const auto place = storage::ParseLocation(table.location);
        place && place->kind == storage::Location::Kind::kS3) {
      details.storage_location = place->Text();  // s3a and s3n, too
    }
    if (details.storage_location.starts_with('/')) {
      details.storage_location = catalog::LocalUrl(details.storage_location);
    }
    if (details.storage_location.starts_with("file:")) {
      const std::string path = TRY(PercentDecode(details.storage_location.substr(7)));
      summary_.folders.insert(std::filesystem::path(path).parent_path().string());
    }
    const Id id = edit_.Create(New(parent, table.name, std::move(details)));
    ++summary_.tables;
    return catalog::SharedObject{
        .id = table.id.empty() ? catalog::TableIdOf({share, schema, table.name}) : table.id,
        .kind = catalog::Kind::kTable,
        .object = id,
        .shared_as = schema + "." + table.name,
        .history = table.history_shared,
        .start_version = table.history_shared || table.start_version > 0
                             ? std::optional<int64_t>(table.start_version)
                             : std::nullopt,
        .added_at = edit_.now(),
        .added_by = edit_.caller().name};
  }

  void AddRecipient() {
    catalog::Recipient recipient;
    recipient.tokens.push_back({.id = edit_.NewUuid(),
                                .hash = crypto::Sha256(config_.settings.bearer_token),
                                .created_at = edit_.now(),
                                .created_by = edit_.caller().name,
                                .updated_at = edit_.now(),
                                .updated_by = edit_.caller().name});
    Securable made = New(metastore_, std::string(kRecipient), std::move(recipient));
    made.id = recipient_;
    made.comment = "Everybody who had the token of the configuration file";
    edit_.Create(std::move(made));
  }

  const Config& config_;
  catalog::Catalog& catalog_;
  Edit& edit_;
  const Id metastore_;
  const Id owner_;
  const Id recipient_ = edit_.NewUuid();
  Summary summary_;
};

void Print(const ImportCommand& command, const Summary& summary) {
  fmt::print(
      "{} shares with {} tables, {} storage credentials, and the recipient \"{}\", whose token "
      "is that of the file\n",
      summary.shares, summary.tables, summary.credentials, kRecipient);
  std::string roots;
  for (const std::string& folder : summary.folders) roots += " --local-root " + folder;
  fmt::print("Next: sluice serve --data {}{}\n", command.data, roots);
}

Status MoveOver(const ImportCommand& command) {
  const Config config = TRY(LoadConfig(command.config_path));
  DataDirectory directory = TRY(DataDirectory::Open(command.data));
  TRY(directory.UseDatabase(config.settings.database_url));
  SystemClock clock;
  SecureRandom random;
  // Opened as a server opens it, audit log included: no server runs on it now.
  auto database = TRY(OpenDatabaseToServe(directory));
  const MasterKey key = TRY(LoadKey(directory, *database, config.settings, random));
  const auto parts = TRY(CatalogParts::Open(
      directory, {.database = std::move(database), .master_key = key.bytes}, clock, random));
  Summary summary;
  const catalog::Caller caller{.principal = {}, .name = "sluice import"};
  TRY(parts->catalog().Change(caller, [&](Edit& edit) -> Status {
    Import import(config, parts->catalog(), edit);
    TRY(import.Run());
    summary = import.summary();
    return {};
  }));
  audit::Event event;
  event.time = clock.Now();
  event.action = "importConfiguration";
  event.principal = caller.name;
  event.params = {{"shares", fmt::format("{}", summary.shares)},
                  {"tables", fmt::format("{}", summary.tables)}};
  TRY(parts->audit().Append(event, audit::Sync::kNow));
  Print(command, summary);
  return {};
}

}  // namespace

int RunImport(const ImportCommand& command) {
  const Status done = MoveOver(command);
  return done ? 0 : ReportFailure(done.error(), kExitUsage);
}

}  // namespace sluice::server
