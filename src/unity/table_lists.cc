#include "unity/table_lists.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "catalog/locations.h"
#include "unity/columns.h"
#include "unity/list.h"
#include "unity/securable_requests.h"

namespace sluice::unity {
namespace {

using catalog::Kind;

// Columns make a table long.
constexpr size_t kMostWithColumns = 100;
constexpr size_t kMostWithout = 1000;

std::string_view TypeOf(const catalog::Securable& table) {
  const bool managed = table.As<catalog::Table>().type == catalog::TableType::kManaged;
  return managed ? "MANAGED" : "EXTERNAL";
}

void PutCredentialName(json::Object& object, const catalog::Picture& picture,
                       const std::string& location) {
  const auto place = catalog::ResolveStorage(picture, location);
  if (place) object["storage_credential_name"] = place->credential->name;
}

// What a walk over the tables of a catalog looks for.
struct Patterns {
  std::string schema;
  std::string table;
};

std::string QueryText(const net::Request& request, std::string_view name) {
  return std::string(request.query.Find(name).value_or(""));
}

json::Object RenderSummary(const catalog::Picture& picture, const catalog::Securable& table) {
  json::Object object;
  object["full_name"] = picture.FullName(table);
  object["table_type"] = TypeOf(table);
  return object;
}

// The tables of one schema that fit. Returns false when the page is full.
bool TakeSummaries(const catalog::Picture& picture, const catalog::Access& access,
                   const catalog::Securable& schema, const Patterns& patterns,
                   std::string_view after, ListPage& page) {
  bool goes_on = true;
  picture.VisitChildren(Kind::kTable, schema.id, after, [&](const catalog::SecurablePtr& table) {
    std::optional<json::Object> item;
    const bool fits = patterns.table.empty() || IsLike(table->name, patterns.table);
    if (fits && access.May(catalog::Action::kSee, *table).allowed) {
      item = RenderSummary(picture, *table);
    }
    goes_on = page.Take(schema.name + '.' + table->name, std::move(item));
    return goes_on;
  });
  return goes_on;
}

}  // namespace

bool IsLike(std::string_view text, std::string_view pattern) {
  const std::string folded = AsciiLower(text);
  const std::string like = AsciiLower(pattern);
  // The last '%' and where the text behind it was tried last: no exponential search.
  size_t at = 0;
  size_t next = 0;
  size_t star = std::string::npos;
  size_t resume = 0;
  while (at < folded.size()) {
    if (next < like.size() && like[next] == '%') {
      star = next++;
      resume = at;
    } else if (next < like.size() && (like[next] == '_' || like[next] == folded[at])) {
      ++next;
      ++at;
    } else if (star != std::string::npos) {
      next = star + 1;
      at = ++resume;
    } else {
      return false;
    }
  }
  while (next < like.size() && like[next] == '%') ++next;
  return next == like.size();
}

json::Object RenderTable(const catalog::Picture& picture, const catalog::Securable& securable,
                         const TableOmits& omits) {
  const auto& table = securable.As<catalog::Table>();
  json::Object object;
  object["table_id"] = securable.id;
  object["name"] = securable.name;
  object["full_name"] = picture.FullName(securable);
  if (const catalog::Securable* schema = picture.Find(securable.parent)) {
    object["schema_name"] = schema->name;
    const catalog::Securable* above = picture.Find(schema->parent);
    if (above != nullptr) object["catalog_name"] = above->name;
  }
  object["table_type"] = TypeOf(securable);
  object["data_source_format"] = "DELTA";
  object["storage_location"] = table.storage_location;
  PutCredentialName(object, picture, table.storage_location);
  PutCommon(object, picture, securable);
  if (!omits.columns) object["columns"] = RenderColumns(table.columns);
  if (!omits.properties) PutMap(object, "properties", securable.properties);
  if (omits.username) {
    for (const std::string_view name : {"owner", "created_by", "updated_by"}) object.erase(name);
  }
  return object;
}

Result<net::Response> ListTables(const Services& services, const net::Request& request) {
  const std::string catalog_name = TRY(RequiredQuery(request, "ListTables", "catalog_name"));
  const std::string schema_name = TRY(RequiredQuery(request, "ListTables", "schema_name"));
  TableOmits omits;
  omits.columns = TRY(QueryFlag(request, "omit_columns"));
  omits.properties = TRY(QueryFlag(request, "omit_properties"));
  omits.username = TRY(QueryFlag(request, "omit_username"));
  ListPage page = TRY(ListPage::Parse(request, omits.columns ? kMostWithout : kMostWithColumns));
  const std::string full_name = fmt::format("{}.{}", catalog_name, schema_name);
  const Seen schema = TRY(FindSeen(services, request, {Kind::kSchema, full_name}));
  const catalog::Access access =
      AccessOf(*schema.picture, services.catalog, CallerOf(services, request));
  schema.picture->VisitChildren(Kind::kTable, schema.securable->id, page.after(),
                                [&](const catalog::SecurablePtr& one) {
                                  std::optional<json::Object> item;
                                  if (access.May(catalog::Action::kSee, *one).allowed) {
                                    item = RenderTable(*schema.picture, *one, omits);
                                  }
                                  return page.Take(one->name, std::move(item));
                                });
  return std::move(page).Finish("tables");
}

Result<net::Response> ListTableSummaries(const Services& services, const net::Request& request) {
  ListPage page = TRY(ListPage::Parse(request, kMostWithout));
  const std::string name = TRY(RequiredQuery(request, "ListTableSummaries", "catalog_name"));
  const Seen parent = TRY(FindSeen(services, request, {Kind::kCatalog, name}));
  const catalog::Picture& picture = *parent.picture;
  const catalog::Access access = AccessOf(picture, services.catalog, CallerOf(services, request));
  const Patterns patterns{QueryText(request, "schema_name_pattern"),
                          QueryText(request, "table_name_pattern")};
  const auto fits = [&](const catalog::Securable& schema) {
    return patterns.schema.empty() || IsLike(schema.name, patterns.schema);
  };
  // A page that ended within a schema goes on there.
  const std::string_view after = page.after();
  const size_t dot = std::min(after.find('.'), after.size());
  const std::string_view schema_after = after.substr(0, dot);
  const catalog::Securable* begun =
      schema_after.empty() ? nullptr
                           : picture.FindChild(Kind::kSchema, parent.securable->id, schema_after);
  const std::string table_after(after.substr(std::min(dot + 1, after.size())));
  bool goes_on = begun == nullptr || !fits(*begun) ||
                 TakeSummaries(picture, access, *begun, patterns, table_after, page);
  if (goes_on) {
    picture.VisitChildren(
        Kind::kSchema, parent.securable->id, schema_after, [&](const catalog::SecurablePtr& one) {
          return !fits(*one) || TakeSummaries(picture, access, *one, patterns, {}, page);
        });
  }
  return std::move(page).Finish("tables");
}

}  // namespace sluice::unity
