#include "server/demo_catalog.h"

#include <array>
#include <fstream>

#include "base/ip_network.h"
#include "catalog/activation.h"
#include "catalog/catalogs.h"
#include "catalog/recipients.h"
#include "catalog/share_grants.h"
#include "catalog/shares.h"
#include "catalog/tables.h"
#include "server/data_directory.h"

namespace sluice::server {
namespace {

using catalog::Kind;

struct DemoTable {
  const char* schema;
  const char* name;
};
constexpr auto kTables = std::to_array<DemoTable>(
    {{"sales", "customers"}, {"sales", "products"}, {"sales", "orders"}, {"web", "events"}});

constexpr const char* kCatalog = "demo";
constexpr const char* kAll = "retail";
constexpr const char* kPart = "regional";

class DemoCatalog {
 public:
  DemoCatalog(catalog::Catalog& catalog, const catalog::LocalRoots& roots,
              const std::filesystem::path& tables, const std::filesystem::path& folder)
      : catalog_(catalog), roots_(roots), tables_(tables), folder_(folder) {
    const auto picture = catalog.Now();
    const catalog::Principal* admin = picture->FindPrincipalByName("admin");
    caller_ = {.principal = admin == nullptr ? catalog::Id() : admin->id, .name = "admin"};
  }

  Status MakeTables() {
    if (!Has(Kind::kCatalog, kCatalog)) {
      TRY(catalog::CreateCatalog(catalog_, caller_, roots_,
                                 {.name = kCatalog, .comment = "A made-up retailer"}));
    }
    for (const DemoTable& table : kTables) {
      const std::string schema = std::string(kCatalog) + "." + table.schema;
      if (!Has(Kind::kSchema, schema)) {
        TRY(catalog::CreateSchema(catalog_, caller_, roots_,
                                  {.name = table.schema, .catalog_name = kCatalog}));
      }
      if (Has(Kind::kTable, schema + "." + table.name)) continue;
      const catalog::TablePlan plan =
          TRY(catalog::PlanTable(catalog_, caller_, roots_,
                                 {.name = table.name,
                                  .catalog_name = kCatalog,
                                  .schema_name = table.schema,
                                  .storage_location = (tables_ / table.name).string()}));
      TRY(catalog::CreateTable(catalog_, caller_, plan, {}));
    }
    return {};
  }

  Status MakeShares() {
    if (!Has(Kind::kShare, kAll)) {
      TRY(catalog::CreateShare(catalog_, caller_,
                               {.name = kAll, .comment = "Everything, with its history"}));
      catalog::ShareChange change;
      for (const DemoTable& table : kTables) change.updates.push_back(Whole(table));
      TRY(catalog::UpdateShare(catalog_, caller_, kAll, change));
    }
    if (!Has(Kind::kShare, kPart)) {
      TRY(catalog::CreateShare(
          catalog_, caller_,
          {.name = kPart, .comment = "Orders of the recipient's own region, by its property"}));
      catalog::ObjectUpdate orders = Whole(kTables[2]);
      orders.object.partitions = catalog::PartitionFilter{
          .tuples = {{{.column = "region", .values = {}, .recipient_property_key = "region"}}}};
      catalog::ShareChange change;
      change.updates.push_back(std::move(orders));
      TRY(catalog::UpdateShare(catalog_, caller_, kPart, change));
    }
    return {};
  }

  // Its token.
  Result<std::string> MakeRecipient(const std::string& name, const std::string& share,
                                    catalog::Properties properties) {
    if (!Has(Kind::kRecipient, name)) {
      TRY(catalog::CreateRecipient(catalog_, caller_,
                                   {.name = name, .properties = std::move(properties)}));
      TRY(catalog::UpdateSharePermissions(catalog_, caller_, share,
                                          {{.recipient = name, .add = {"SELECT"}}}));
    }
    const std::string file = (folder_ / (name + ".token")).string();
    std::string token;
    std::ifstream in(file);
    if (in >> token && catalog_.Now()->FindRecipientToken(crypto::Sha256(token))) return token;
    TRY(catalog::RotateRecipientToken(catalog_, caller_, name, std::chrono::seconds(0)));
    const auto recipient = TRY(catalog::FindRecipient(catalog_, caller_, name));
    const auto nonce =
        catalog::NonceOfToken(catalog_, recipient->As<catalog::Recipient>().tokens.back());
    if (!nonce) return Fail(Code::kInternal, "the demo's activation link cannot be opened");
    token = TRY(catalog::Activate(catalog_, *nonce, IpAddress())).token;
    TRY(WriteSecretFile(file, token + "\n"));
    return token;
  }

 private:
  bool Has(Kind kind, const std::string& name) const {
    return catalog_.Now()->FindByName(kind, name) != nullptr;
  }

  static catalog::ObjectUpdate Whole(const DemoTable& table) {
    catalog::ObjectUpdate update;
    update.object.name = std::string(kCatalog) + "." + table.schema + "." + table.name;
    update.object.history = true;
    update.object.start_version = 0;
    return update;
  }

  catalog::Catalog& catalog_;
  const catalog::LocalRoots& roots_;
  const std::filesystem::path& tables_;
  const std::filesystem::path& folder_;
  catalog::Caller caller_;
};

}  // namespace

Result<DemoTokens> PrepareDemoCatalog(catalog::Catalog& catalog, const catalog::LocalRoots& roots,
                                      const std::filesystem::path& tables,
                                      const std::filesystem::path& folder) {
  DemoCatalog demo(catalog, roots, tables, folder);
  TRY(demo.MakeTables());
  TRY(demo.MakeShares());
  DemoTokens tokens;
  tokens.partner = TRY(demo.MakeRecipient("partner", kAll, {}));
  tokens.europe = TRY(demo.MakeRecipient("europe", kPart, {{"region", "Europe"}}));
  return tokens;
}

}  // namespace sluice::server
