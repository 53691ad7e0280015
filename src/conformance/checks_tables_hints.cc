// Hints: a server may leave out files that they rule out, and no other file.
#include <fmt/format.h>

#include <array>
#include <map>
#include <set>

#include "conformance/catalogue.h"
#include "conformance/made_rows.h"
#include "conformance/sections.h"
#include "conformance/table_query.h"

namespace sluice::conformance {
namespace {

json::Object Leaf(std::string_view op, std::string_view member, std::string_view text,
                  std::string_view type) {
  return {{"op", op}, {member, text}, {"valueType", type}};
}

json::Object Compare(std::string_view op, std::string_view column, std::string_view type,
                     std::string_view value) {
  return {{"op", op},
          {"children", json::Array{Leaf("column", "name", column, type),
                                   Leaf("literal", "value", value, type)}}};
}

json::Object IsNull(std::string_view column, std::string_view type) {
  return {{"op", "isNull"}, {"children", json::Array{Leaf("column", "name", column, type)}}};
}

json::Object All(std::string_view op, json::Array children) {
  return {{"op", op}, {"children", std::move(children)}};
}

std::string JsonBody(const json::Object& predicate) {
  return json::Serialize(json::Object{{"jsonPredicateHints", json::Serialize(predicate)}});
}

std::string SqlBody(const std::vector<std::string>& predicates) {
  json::Array list;
  for (const auto& text : predicates) list.emplace_back(text);
  return json::Serialize(json::Object{{"predicateHints", list}});
}

// A request, and what a client filters its rows by afterwards, in the engine's words.
struct Hint {
  std::string body;
  std::string where;
};

std::vector<Hint> SqlPartitionHints() {
  return {{SqlBody({"day = '2024-01-01'"}), "day = DATE '2024-01-01'"},
          {SqlBody({"day >= '2024-01-02'", "city <> 'a/b c'"}),
           "day >= DATE '2024-01-02' AND city <> 'a/b c'"},
          {SqlBody({"'Paris' = city"}), "city = 'Paris'"},
          {SqlBody({"city = 'it''s \"so\"'"}), "city = 'it''s \"so\"'"},
          {SqlBody({"day IS NULL"}), "day IS NULL"},
          {SqlBody({"city IS NOT NULL"}), "city IS NOT NULL"}};
}

std::vector<Hint> JsonPartitionHints() {
  const json::Object first = Compare("equal", "day", "date", "2024-01-01");
  const json::Object paris = Compare("equal", "city", "string", "Paris");
  const json::Object null_day = IsNull("day", "date");
  return {
      {JsonBody(first), "day = DATE '2024-01-01'"},
      {JsonBody(Compare("equal", "city", "string", "São Paulo")), "city = 'São Paulo'"},
      {JsonBody(null_day), "day IS NULL"},
      {JsonBody(All("not", {null_day})), "day IS NOT NULL"},
      {JsonBody(All("and", {first, paris})), "day = DATE '2024-01-01' AND city = 'Paris'"},
      {JsonBody(All("or", {null_day, paris})), "day IS NULL OR city = 'Paris'"},
      {JsonBody(All("not", {paris})), "city <> 'Paris'"},
      {JsonBody(Compare("lessThanOrEqual", "day", "date", "2024-01-02")),
       "day <= DATE '2024-01-02'"},
      {JsonBody(Compare("greaterThan", "day", "date", "2024-01-03")), "day > DATE '2024-01-03'"}};
}

std::vector<Hint> SqlStatisticsHints() {
  return {{SqlBody({"id > 250"}), "id > 250"},
          {SqlBody({"name = 'name-00007'"}), "name = 'name-00007'"},
          {SqlBody({"100.0 >= price"}), "price <= 100"},
          {SqlBody({"score IS NULL"}), "score IS NULL"},
          {SqlBody({"day = '2024-01-13'"}), "day = DATE '2024-01-13'"},
          {SqlBody({"id <> 7", "name < 'name-00150'"}), "id <> 7 AND name < 'name-00150'"}};
}

std::vector<Hint> JsonStatisticsHints() {
  return {
      {JsonBody(Compare("lessThan", "id", "long", "101")), "id < 101"},
      {JsonBody(Compare("lessThan", "id", "int", "102")), "id < 102"},
      {JsonBody(Compare("equal", "name", "string", "name-00450")), "name = 'name-00450'"},
      {JsonBody(Compare("greaterThanOrEqual", "score", "double", "100.0")), "score >= 100"},
      {JsonBody(Compare("greaterThan", "day", "date", "2024-02-15")), "day > DATE '2024-02-15'"},
      // Statistics know milliseconds; the last row of a file has its microsecond on top.
      {JsonBody(Compare("greaterThan", "moment", "timestamp", "2024-01-05T04:00:00Z")),
       "moment > TIMESTAMPTZ '2024-01-05 04:00:00+00'"},
      {JsonBody(All("not", {IsNull("name", "string")})), "name IS NOT NULL"},
      {JsonBody(All("not", {Compare("equal", "id", "long", "1")})), "id <> 1"}};
}

// The files of the table, fetched once, by id.
class FilesById {
 public:
  static Result<FilesById> Fetch(Context& context) {
    Downloads downloads = TRY(Downloads::Make());
    const Told all = TRY(QueryTable(context, context.table(), "{}"));
    FilesById files(std::move(downloads));
    for (const DataFile& file : all.table.files) {
      files.by_id_[file.id] = TRY(files.downloads_.Fetch(context, all, file));
    }
    return files;
  }

  // Those of an answer; one with another id is fetched, too.
  Result<std::vector<ReceivedFile>> Of(Context& context, const Told& reply) {
    std::vector<ReceivedFile> files;
    for (const DataFile& file : reply.table.files) {
      if (!by_id_.contains(file.id)) {
        by_id_[file.id] = TRY(downloads_.Fetch(context, reply, file));
      }
      files.push_back(by_id_.at(file.id));
      files.back().partition_values = file.partition_values;
    }
    return files;
  }

  size_t size() const { return by_id_.size(); }

 private:
  explicit FilesById(Downloads downloads) : downloads_(std::move(downloads)) {}
  Downloads downloads_;
  std::map<std::string, ReceivedFile> by_id_;
};

std::string Filtered(const std::string& rows, std::string_view where) {
  return fmt::format("SELECT * FROM ({}) WHERE {}", rows, where);
}

// Every row that a hint means is in the files of the answer.
Status NoRowIsLost(Context& context, const std::vector<Hint>& hints, std::string_view by) {
  const MadeTable& table = Made(context);
  const std::string all = RowsSql(table, table.Latest());
  FilesById known = TRY(FilesById::Fetch(context));
  const size_t in_table = known.size();
  size_t pruned = 0;
  for (const Hint& hint : hints) {
    const Told reply = TRY(QueryTable(context, context.table(), hint.body));
    const auto files = TRY(known.Of(context, reply));
    const auto difference = TRY(Difference(context.server().engine(), Filtered(all, hint.where),
                                           Filtered(ReceivedRowsSql(table, files), hint.where)));
    context.Expect(!difference, reply.answer, "each row with " + hint.where,
                   difference.value_or(""));
    if (files.size() < in_table) ++pruned;
  }
  context.Note(
      fmt::format("leaves out files by {}: {}", by,
                  pruned == 0 ? std::string("no")
                              : fmt::format("yes, for {} of {} predicates", pruned, hints.size())));
  return {};
}

Status SqlPartitions(Context& context) {
  return NoRowIsLost(context, SqlPartitionHints(), "partition values, SQL");
}
Status JsonPartitions(Context& context) {
  return NoRowIsLost(context, JsonPartitionHints(), "partition values, JSON");
}
Status SqlStatistics(Context& context) {
  return NoRowIsLost(context, SqlStatisticsHints(), "statistics, SQL");
}
Status JsonStatistics(Context& context) {
  return NoRowIsLost(context, JsonStatisticsHints(), "statistics, JSON");
}

// The hint leaves out files: what hints are for.
Status Prunes(Context& context, const Hint& hint) {
  const MadeTable& table = Made(context);
  const Told reply = TRY(QueryTable(context, context.table(), hint.body));
  const size_t all = LiveFiles(table, table.Latest()).size();
  context.Expect(reply.table.files.size() < all, reply.answer,
                 fmt::format("fewer than {} files for {}", all, hint.where),
                 fmt::format("{} files", reply.table.files.size()));
  return {};
}
Status PrunesPartitions(Context& context) { return Prunes(context, JsonPartitionHints().front()); }

// All files, since the hint says nothing that a server could go by.
Status AllFilesFor(Context& context, const std::vector<std::string>& bodies) {
  const auto ids = [](const Told& reply) {
    std::multiset<std::string> found;
    for (const DataFile& file : reply.table.files) found.insert(file.id);
    return found;
  };
  const auto all = ids(TRY(QueryTable(context, context.table(), "{}")));
  for (const std::string& body : bodies) {
    const Told reply = TRY(QueryTable(context, context.table(), body));
    context.Expect(ids(reply) == all, reply.answer,
                   fmt::format("all {} files, since the hint cannot be used", all.size()),
                   fmt::format("{} files", reply.table.files.size()));
  }
  return {};
}

Status OddSql(Context& context) {
  return AllFilesFor(context, {SqlBody({"not (( sql"}), SqlBody({"nowhere = 1"}), SqlBody({""}),
                               SqlBody({"day = "}), SqlBody({"day LIKES 'x'"}), SqlBody({})});
}

Status OddJson(Context& context) {
  const auto raw = [](std::string_view text) {
    return json::Serialize(json::Object{{"jsonPredicateHints", text}});
  };
  return AllFilesFor(
      context,
      {raw("not json"), raw("{}"), raw("[]"), raw(R"({"op":"perhaps","children":[]})"),
       raw(R"({"op":"equal","children":[]})"), JsonBody(Compare("equal", "nowhere", "string", "x")),
       JsonBody(Compare("equal", "day", "date", "not a day")),
       JsonBody(Compare("equal", "day", "colour", "red")),
       JsonBody(All("not", {json::Object{{"op", "equal"}}}))});
}

Result<int64_t> CountRows(Context& context, const std::string& sql) {
  const auto answer = TRY(context.server().engine().Query("SELECT count(*) FROM (" + sql + ")"));
  return std::stoll(answer.rows.at(0).at(0).value());
}

Status ExpectCovered(Context& context, FilesById& known, int64_t limit, const std::string& body,
                     std::string_view where) {
  const MadeTable& table = Made(context);
  const int64_t there = TRY(CountRows(context, Filtered(RowsSql(table, table.Latest()), where)));
  const Told reply = TRY(QueryTable(context, context.table(), body));
  const auto files = TRY(known.Of(context, reply));
  const int64_t covered = TRY(CountRows(context, Filtered(ReceivedRowsSql(table, files), where)));
  context.Expect(
      covered >= std::min(limit, there), reply.answer,
      fmt::format("files with at least {} of the {} rows", std::min(limit, there), there),
      fmt::format("{} rows", covered));
  context.Note(fmt::format("limit {}: {} of {} files", limit, files.size(), known.size()));
  return {};
}

Status Limits(Context& context) {
  FilesById known = TRY(FilesById::Fetch(context));
  for (const int64_t limit : {0, 1, 150, 500, 100'000}) {
    TRY(ExpectCovered(context, known, limit, fmt::format(R"({{"limitHint": {}}})", limit), "true"));
  }
  return {};
}

Status LimitAfterPredicate(Context& context) {
  FilesById known = TRY(FilesById::Fetch(context));
  return ExpectCovered(context, known, 50, R"({"predicateHints": ["id > 250"], "limitHint": 50})",
                       "id > 250");
}

constexpr auto kChecks = std::to_array<Check>({
    MadeTableCheck("hints.sql-partitions", "SQL predicates on partitions cost no row",
                   "partitioned", SqlPartitions, kSqlPredicates),
    MadeTableCheck("hints.json-partitions", "JSON predicates on partitions cost no row",
                   "partitioned", JsonPartitions, kJsonPredicates),
    MadeTableCheck("hints.sql-columns", "SQL predicates on other columns cost no row", "stats",
                   SqlStatistics, kSqlPredicates),
    MadeTableCheck("hints.json-columns", "JSON predicates on other columns cost no row", "stats",
                   JsonStatistics, kJsonPredicates),
    MadeTableCheck("hints.prune-partitions", "A JSON predicate on a partition leaves out files",
                   "partitioned", PrunesPartitions, kJsonPredicates, Level::kRecommended),
    MadeTableCheck("hints.odd-sql", "SQL that cannot be understood is passed over", "partitioned",
                   OddSql, kRequestBody),
    MadeTableCheck("hints.odd-json", "JSON predicates that cannot be understood give all files",
                   "partitioned", OddJson, kRequestBody),
    MadeTableCheck("limit.rows", "limitHint gives files with that many rows, or all", "stats",
                   Limits, kRequestBody),
    MadeTableCheck("limit.after-predicate", "Predicates go before the limit", "stats",
                   LimitAfterPredicate, kRequestBody),
});

}  // namespace

std::span<const Check> HintChecks() { return kChecks; }

}  // namespace sluice::conformance
