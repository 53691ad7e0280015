// Which shares, schemas and tables are there? The lists and Get Share.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "conformance/asking.h"
#include "conformance/catalogue.h"
#include "conformance/sections.h"

namespace sluice::conformance {
namespace {

constexpr size_t kMaxShares = 20;  // whose names are looked at
constexpr size_t kMaxPages = 60;   // of one item each, before a check says that it saw enough

bool IsJson(std::string_view type) { return AsciiLower(type).starts_with("application/json"); }

std::string NameOf(const json::Object& item) { return TextMember(item, "name").value_or(""); }

// What tells an item from the others of its list.
std::string KeyOf(const json::Object& item) {
  return TextMember(item, "schema").value_or("") + '/' + NameOf(item);
}

// The members that every item of a list must have, and what they must be; "" for any text.
struct Members {
  std::string_view share{};
  std::string_view schema{};
};

Status CheckItems(Context& context, const std::string& path, const Members& members) {
  const Answer answer = TRY(context.Get(path));
  const Context::Page page = TRY(context.RequirePage(answer));
  context.ExpectHeader(answer, "Content-Type", "application/json; charset=utf-8", IsJson);
  for (const json::Object& item : page.items) {
    context.Expect(!NameOf(item).empty(), answer, "every item to have a 'name'");
    if (!members.share.empty()) {
      context.Expect(EqualsIgnoreCase(TextMember(item, "share").value_or(""), members.share),
                     answer, fmt::format("every item to have \"share\": \"{}\"", members.share));
    }
    if (!members.schema.empty()) {
      context.Expect(EqualsIgnoreCase(TextMember(item, "schema").value_or(""), members.schema),
                     answer, fmt::format("every item to have \"schema\": \"{}\"", members.schema));
    }
  }
  return {};
}

struct Walk {
  std::vector<std::string> keys;
  bool ended = false;  // no further page was promised
};

Result<Walk> WalkPages(Context& context, const std::string& path, int max_results) {
  Walk walk;
  std::string token;
  std::set<std::string> tokens;
  for (size_t page_number = 0; page_number < kMaxPages; ++page_number) {
    std::string target = path;
    char mark = '?';
    if (max_results > 0)
      target += fmt::format("{}maxResults={}", std::exchange(mark, '&'), max_results);
    if (!token.empty()) target += fmt::format("{}pageToken={}", mark, PercentEncode(token));
    const Answer answer = TRY(context.Get(target));
    const Context::Page page = TRY(context.RequirePage(answer));
    for (const json::Object& item : page.items) walk.keys.push_back(KeyOf(item));
    if (max_results > 0) {
      context.Expect(page.items.size() <= static_cast<size_t>(max_results), answer,
                     fmt::format("at most {} items", max_results));
    }
    walk.ended = page.next.empty();
    if (walk.ended) break;
    TRY(context.Require(tokens.insert(page.next).second, answer,
                        "a nextPageToken that did not come before: else pages never end"));
    token = page.next;
  }
  return walk;
}

Status CheckPages(Context& context, const std::string& path) {
  const Walk whole = TRY(WalkPages(context, path, 0));
  const Walk single = TRY(WalkPages(context, path, 1));
  std::vector<std::string> sorted = single.keys;
  std::ranges::sort(sorted);
  const auto twice = std::ranges::adjacent_find(sorted);
  context.Expect(twice == sorted.end(),
                 fmt::format("GET {}?maxResults=1, page by page, to hold no item twice", path),
                 twice == sorted.end() ? "" : fmt::format("'{}' comes twice", *twice));
  if (!single.ended) {
    context.Note(fmt::format("only the first {} pages were looked at", kMaxPages));
    return {};
  }
  std::vector<std::string> all = whole.keys;
  std::ranges::sort(all);
  context.Expect(all == sorted,
                 fmt::format("GET {} to hold the same items with maxResults=1, page by page, as "
                             "without ({})",
                             path, all.size()),
                 fmt::format("{} items", sorted.size()));
  return {};
}

Status ListSharesShape(Context& context) { return CheckItems(context, "/shares", {}); }
Status ListSharesPages(Context& context) { return CheckPages(context, "/shares"); }

Status ListSharesZero(Context& context) {
  const Answer answer = TRY(context.Get("/shares?maxResults=0"));
  const Context::Page page = TRY(context.RequirePage(answer));
  context.Expect(page.items.empty(), answer, "no items");
  return {};
}

Status ListSharesBadNumbers(Context& context) {
  for (const std::string_view number : {"-1", "abc", "1.5", "99999999999999999999"}) {
    const Answer answer = TRY(context.Get(fmt::format("/shares?maxResults={}", number)));
    context.ExpectError(answer, {400});
  }
  return {};
}

Status ListSharesLargestNumber(Context& context) {
  const Answer answer = TRY(context.Get("/shares?maxResults=2147483647"));
  context.ExpectStatus(answer, {200, 400});
  return {};
}

Status BadPageToken(Context& context) {
  const std::string share = SharePath(context.table());
  for (const std::string& path :
       {std::string("/shares"), share + "/schemas", share + "/all-tables"}) {
    const Answer answer = TRY(context.Get(path + "?pageToken=no.such-token"));
    context.ExpectError(answer, {400});
  }
  return {};
}

Status GetShareShape(Context& context) {
  const Answer answer = TRY(context.Get(SharePath(context.table())));
  const json::Object body = TRY(context.RequireObject(answer));
  const json::Object* share = ObjectMember(body, "share");
  TRY(context.Require(share != nullptr, answer, R"(a body {"share": {...}})"));
  context.Expect(EqualsIgnoreCase(NameOf(*share), context.table().share), answer,
                 fmt::format("\"name\": \"{}\" in it", context.table().share));
  context.ExpectHeader(answer, "Content-Type", "application/json; charset=utf-8", IsJson);
  const json::Value* properties = share->if_contains("properties");
  if (properties == nullptr) return {};
  TRY(context.Require(properties->is_object(), answer, "'properties' to be an object"));
  context.Expect(std::ranges::all_of(properties->get_object(),
                                     [](const auto& pair) { return pair.value().is_string(); }),
                 answer, "the values of 'properties' to be texts");
  return {};
}

Status ListSchemasShape(Context& context) {
  return CheckItems(context, SharePath(context.table()) + "/schemas",
                    {.share = context.table().share});
}

Status ListSchemasPages(Context& context) {
  return CheckPages(context, SharePath(context.table()) + "/schemas");
}

Status ListTablesShape(Context& context) {
  const TableName& table = context.table();
  return CheckItems(context, SchemaPath(table) + "/tables",
                    {.share = table.share, .schema = table.schema});
}

Status ListTablesPages(Context& context) {
  return CheckPages(context, SchemaPath(context.table()) + "/tables");
}

Status ListAllTablesShape(Context& context) {
  const std::string path = SharePath(context.table()) + "/all-tables";
  TRY(CheckItems(context, path, {.share = context.table().share}));
  const Answer answer = TRY(context.Get(path));
  const Context::Page page = TRY(context.RequirePage(answer));
  for (const json::Object& item : page.items) {
    context.Expect(!TextMember(item, "schema").value_or("").empty(), answer,
                   "every table to have a 'schema'");
  }
  return {};
}

Status ListAllTablesPages(Context& context) {
  return CheckPages(context, SharePath(context.table()) + "/all-tables");
}

// Clients list by all-tables or by walking the schemas; both must lead to the same tables.
Status ListAllTablesComplete(Context& context) {
  const std::string share = SharePath(context.table());
  const Walk schemas = TRY(WalkPages(context, share + "/schemas", 0));
  Walk all = TRY(WalkPages(context, share + "/all-tables", 0));
  if (!schemas.ended || !all.ended || schemas.keys.size() > kMaxPages) {
    return context.Skip("the share is too large for this");
  }
  std::vector<std::string> walked;
  for (const std::string& key : schemas.keys) {
    const std::string name = key.substr(key.find('/') + 1);
    const Walk tables =
        TRY(WalkPages(context, fmt::format("{}/schemas/{}/tables", share, PercentEncode(name)), 0));
    walked.insert(walked.end(), tables.keys.begin(), tables.keys.end());
  }
  std::ranges::sort(walked);
  std::ranges::sort(all.keys);
  context.Expect(walked == all.keys,
                 fmt::format("all-tables to name the tables of all schemas ({})", walked.size()),
                 fmt::format("{} tables, or others", all.keys.size()));
  return {};
}

Status NamesIgnoreCase(Context& context) {
  const TableName& table = context.table();
  const TableName other{.share = SwapCase(table.share),
                        .schema = SwapCase(table.schema),
                        .table = SwapCase(table.table)};
  if (other.Full() == table.Full()) return context.Skip("the names have no letters");
  for (const std::string& path :
       {SharePath(other), SharePath(other) + "/schemas", SharePath(other) + "/all-tables",
        SchemaPath(other) + "/tables", other.Path("/version"), other.Path("/metadata")}) {
    const Answer answer = TRY(context.Get(path));
    context.ExpectStatus(answer, {200});
  }
  const Answer answer = TRY(context.Post(other.Path("/query"), "{}"));
  context.ExpectStatus(answer, {200});
  return {};
}

bool IsGoodName(std::string_view name, bool dots) {
  const auto characters = std::ranges::count_if(
      name, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80; });
  return !name.empty() && characters <= 255 && std::ranges::none_of(name, [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7f || c == '/' || (c == '.' && !dots);
  });
}

Status NamesAreGood(Context& context) {
  const std::vector<std::string> shares = TRY(context.server().Shares());
  if (shares.empty()) return context.Skip("nothing is shared with this token");
  for (size_t i = 0; i < std::min(shares.size(), kMaxShares); ++i) {
    context.Expect(IsGoodName(shares[i], true), "shares without space, slash, control characters",
                   fmt::format("'{}'", Excerpt(shares[i])));
    const std::vector<TableName> tables = TRY(context.server().Tables(shares[i]));
    for (const TableName& table : tables) {
      context.Expect(IsGoodName(table.schema, false) && IsGoodName(table.table, false),
                     "schemas and tables without space, slash, full stop, control characters",
                     fmt::format("'{}'", Excerpt(table.Full())));
    }
  }
  return {};
}

Status IdsStay(Context& context) {
  const std::string path = SharePath(context.table()) + "/all-tables";
  const Answer first = TRY(context.Get(path));
  const Context::Page before = TRY(context.RequirePage(first));
  const Answer second = TRY(context.Get(path));
  const Context::Page after = TRY(context.RequirePage(second));
  std::set<std::string> ids;
  std::vector<std::string> again;
  for (const json::Object& item : before.items) {
    const auto id = TextMember(item, "id");
    if (!id.has_value()) continue;
    context.Expect(ids.insert(*id).second, first, "ids that differ within the share",
                   fmt::format("'{}' twice", *id));
  }
  if (ids.empty()) return context.Skip("the server's tables have no ids");
  again.reserve(after.items.size());
  for (const json::Object& item : after.items) again.push_back(TextMember(item, "id").value_or(""));
  context.Expect(
      std::ranges::all_of(again, [&](const auto& id) { return id.empty() || ids.contains(id); }),
      second, "the same ids in two requests");
  return {};
}

Status AccessModesAreKnown(Context& context) {
  const Answer answer = TRY(context.Get(SharePath(context.table()) + "/all-tables"));
  const Context::Page page = TRY(context.RequirePage(answer));
  bool told = false;
  for (const json::Object& item : page.items) {
    if (!item.contains("accessModes")) continue;
    told = true;
    const json::Array* modes = ArrayMember(item, "accessModes");
    TRY(context.Require(modes != nullptr, answer, "'accessModes' to be an array"));
    bool directory = false;
    for (const json::Value& mode : *modes) {
      directory = directory || mode == "dir";
      context.Expect(mode == "url" || mode == "dir", answer, "accessModes of 'url' and 'dir'");
    }
    if (directory) {
      context.Expect(TextMember(item, "location").has_value(), answer,
                     "a 'location' where accessModes has 'dir'");
    }
  }
  return told ? Status() : context.Skip("the server's lists do not tell accessModes");
}

constexpr auto kChecks = std::to_array<Check>({
    {.id = "list-shares.shape",
     .title = "The list of shares is JSON; every share has a name",
     .section = kListShares,
     .run = ListSharesShape},
    {.id = "list-shares.paging",
     .title = "Page by page (maxResults=1) every share comes once",
     .section = kListShares,
     .run = ListSharesPages},
    {.id = "list-shares.zero",
     .title = "maxResults=0 gives no items, and is no error",
     .section = kListShares,
     .run = ListSharesZero},
    {.id = "list-shares.bad-numbers",
     .title = "A maxResults that is negative or no Int32 gives 400",
     .section = kListShares,
     .run = ListSharesBadNumbers},
    {.id = "list-shares.largest-number",
     .title = "The largest maxResults is obeyed or refused, and breaks nothing",
     .section = kListShares,
     .level = Level::kRecommended,
     .run = ListSharesLargestNumber,
     .remark = "The reference server refuses more than 500."},
    {.id = "lists.bad-page-token",
     .title = "A pageToken that no list gave is refused with 400",
     .section = kListShares,
     .level = Level::kRecommended,
     .needs = kNeedsTable,
     .run = BadPageToken},
    {.id = "get-share.shape",
     .title = "A share is told as {\"share\": {...}} with its name",
     .section = kGetShare,
     .needs = kNeedsTable,
     .run = GetShareShape},
    {.id = "list-schemas.shape",
     .title = "The list of schemas names share and schema",
     .section = kListSchemas,
     .needs = kNeedsTable,
     .run = ListSchemasShape},
    {.id = "list-schemas.paging",
     .title = "Page by page every schema comes once",
     .section = kListSchemas,
     .needs = kNeedsTable,
     .run = ListSchemasPages},
    {.id = "list-tables.shape",
     .title = "The list of tables names share, schema and table",
     .section = kListTables,
     .needs = kNeedsTable,
     .run = ListTablesShape},
    {.id = "list-tables.paging",
     .title = "Page by page every table of a schema comes once",
     .section = kListTables,
     .needs = kNeedsTable,
     .run = ListTablesPages},
    {.id = "list-all-tables.shape",
     .title = "The list of all tables names share, schema and table",
     .section = kListAllTables,
     .needs = kNeedsTable,
     .run = ListAllTablesShape},
    {.id = "list-all-tables.paging",
     .title = "Page by page every table of a share comes once",
     .section = kListAllTables,
     .needs = kNeedsTable,
     .run = ListAllTablesPages},
    {.id = "list-all-tables.complete",
     .title = "All tables are those of all schemas",
     .section = kListAllTables,
     .needs = kNeedsTable,
     .run = ListAllTablesComplete},
    {.id = "lists.ids",
     .title = "Ids of tables differ, and are the same in every answer",
     .section = kListAllTables,
     .level = Level::kOptional,
     .needs = kNeedsTable,
     .run = IdsStay},
    {.id = "lists.access-modes",
     .title = "Access modes are url and dir, and dir comes with a location",
     .section = kAccessModes,
     .level = Level::kOptional,
     .needs = kNeedsTable,
     .run = AccessModesAreKnown},
    {.id = "names.ignore-case",
     .title = "Names are found whatever the case of their letters",
     .section = kNames,
     .needs = kNeedsTable,
     .run = NamesIgnoreCase},
    {.id = "names.characters",
     .title = "Names keep to the characters and the length that are allowed",
     .section = kNames,
     .run = NamesAreGood},
});

}  // namespace

std::span<const Check> DiscoveryChecks() { return kChecks; }

}  // namespace sluice::conformance
