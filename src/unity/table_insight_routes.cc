// What a console shows of a table: its versions, its size, its partitions, and some rows.
//
// What the log says of commits is metadata, for whoever sees the table; statistics, partitions and
// rows are data, and need SELECT.
#include <algorithm>

#include "base/json.h"
#include "catalog/errors.h"
#include "unity/insights.h"
#include "unity/routes.h"
#include "unity/securable_requests.h"

namespace sluice::unity {
namespace {

using catalog::Kind;

constexpr size_t kMostVersions = 100;
constexpr size_t kMostColumns = 10'000;

template <class T>
Result<T> InTableWords(Result<T> result) {
  if (result) return result;
  return std::unexpected(TableFailure(std::move(result).error()));
}

std::string LocationOf(const Seen& table) {
  return table.securable->As<catalog::Table>().storage_location;
}

// A table whose rows the caller may read. Errors: kNotFound, kPermissionDenied
Result<Seen> FindReadable(const Services& services, const net::Request& request) {
  Seen seen = TRY(FindSeen(services, request, {Kind::kTable, request.Param("full_name")}));
  const catalog::Access access =
      catalog::AccessOf(*seen.picture, services.catalog, CallerOf(services, request));
  const catalog::Decision reads = access.May(catalog::Action::kReadData, *seen.securable);
  if (!reads.allowed) return catalog::Denied(reads);
  return seen;
}

Result<std::shared_ptr<const delta::Snapshot>> SnapshotOf(const Services& services,
                                                          const std::string& location,
                                                          std::optional<delta::Version> version) {
  return InTableWords(version ? services.snapshots.At(location, *version)
                              : services.snapshots.Latest(location));
}

Result<net::Response> ListVersions(const Services& services, const net::Request& request) {
  const ListPage page = TRY(ListPage::Parse(request, kMostVersions));
  const auto from = TRY(NextVersionOf(page));
  const Seen table = TRY(FindSeen(services, request, {Kind::kTable, request.Param("full_name")}));
  const delta::CommitPage read =
      TRY(InTableWords(services.snapshots.Commits(LocationOf(table), from, page.size())));
  json::Array versions;
  for (const delta::CommitSummary& commit : read.commits) versions.push_back(CommitJson(commit));
  json::Object body{{"versions", std::move(versions)},
                    {"latest_version", read.latest},
                    {"earliest_version", read.earliest}};
  if (!read.commits.empty() && read.commits.back().version > read.earliest) {
    body["next_page_token"] = page.TokenBehind(std::to_string(read.commits.back().version));
  }
  return JsonResponse(body);
}

Result<net::Response> GetStatistics(const Services& services, const net::Request& request) {
  const auto version = TRY(VersionOf(request));
  const Seen table = TRY(FindReadable(services, request));
  const auto snapshot = TRY(SnapshotOf(services, LocationOf(table), version));
  const delta::TableStatistics told = TRY(InTableWords(delta::Summarise(*snapshot)));
  return JsonResponse(StatisticsJson(*snapshot, told));
}

// A token names the version, and how many partitions came before.
struct PartitionsFrom {
  std::optional<delta::Version> version{};
  size_t before = 0;
};

Result<PartitionsFrom> ReadPartitionsFrom(const net::Request& request, const ListPage& page) {
  PartitionsFrom from;
  from.version = TRY(VersionOf(request));
  if (page.after().empty()) return from;
  const auto at = json::Parse(page.after());
  const auto is_count = [](const json::Value& value) {
    return value.is_int64() && value.as_int64() >= 0;
  };
  const bool sound = at && at->is_array() && at->as_array().size() == 2 &&
                     std::ranges::all_of(at->as_array(), is_count);
  if (!sound) return catalog::InvalidParameter("Invalid page_token.");
  from.version = at->as_array().at(0).as_int64();
  from.before = static_cast<size_t>(at->as_array().at(1).as_int64());
  return from;
}

Result<net::Response> ListPartitions(const Services& services, const net::Request& request) {
  const ListPage page = TRY(ListPage::Parse(request));
  const PartitionsFrom from = TRY(ReadPartitionsFrom(request, page));
  const Seen table = TRY(FindReadable(services, request));
  const auto snapshot = TRY(SnapshotOf(services, LocationOf(table), from.version));
  const auto all = TRY(InTableWords(delta::SummarisePartitions(*snapshot)));
  const size_t begin = std::min(from.before, all.size());
  const size_t end = std::min(begin + page.size(), all.size());
  json::Array partitions;
  for (size_t i = begin; i < end; ++i) {
    json::Object one;
    one["values"] = json::Parse(all[i].values).value_or(json::Object());
    PutCounts(one, all[i].counts);
    partitions.push_back(std::move(one));
  }
  json::Object body{{"version", snapshot->version()}, {"partitions", std::move(partitions)}};
  if (end < all.size()) {
    const json::Array at{snapshot->version(), static_cast<int64_t>(end)};
    body["next_page_token"] = page.TokenBehind(json::Serialize(at));
  }
  return JsonResponse(body);
}

// "a,b", or ["a","b"] where names have commas. Errors: kInvalidArgument
Result<std::vector<std::string>> ColumnsOf(const net::Request& request) {
  std::vector<std::string> columns;
  const std::string_view text = request.query.Find("columns").value_or("");
  if (text.empty()) return columns;
  if (text.starts_with('[')) {
    const auto list = json::Parse(text);
    const bool sound = list && list->is_array() &&
                       std::ranges::all_of(list->as_array(),
                                           [](const json::Value& one) { return one.is_string(); });
    if (!sound) return catalog::InvalidParameter("columns must be names, joined by commas.");
    for (const json::Value& one : list->as_array()) {
      columns.emplace_back(one.as_string().data(), one.as_string().size());
    }
  } else {
    for (size_t begin = 0; begin <= text.size();) {
      const size_t end = std::min(text.find(',', begin), text.size());
      columns.emplace_back(text.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  if (columns.size() > kMostColumns) return catalog::InvalidParameter("Too many columns.");
  return columns;
}

Result<net::Response> Sample(const Services& services, const net::Request& request) {
  engine::RowsWanted wanted;
  wanted.most = TRY(RowLimitOf(request));
  wanted.columns = TRY(ColumnsOf(request));
  const auto version = TRY(VersionOf(request));
  const Seen table = TRY(FindReadable(services, request));
  const auto snapshot = TRY(SnapshotOf(services, LocationOf(table), version));
  std::string text = TRY(InTableWords(SampleText(services, LocationOf(table), snapshot, wanted)));
  return net::Response::Text(200, "application/json", std::move(text));
}

}  // namespace

Rows TableInsightRoutes(const Services& services) {
  const std::string one = "/2.1/sluice/tables/{full_name}";
  const auto row = [&](const std::string& path, auto operation, std::string_view name) {
    return net::Route{net::Method::kGet,         path, net::Access::kUser, net::Work::kStorage,
                      With(services, operation), name};
  };
  return {row(one + "/versions", ListVersions, "listTableVersions"),
          row(one + "/statistics", GetStatistics, "getTableStatistics"),
          row(one + "/partitions", ListPartitions, "listTablePartitions"),
          row(one + "/sample", Sample, "sampleTable")};
}

}  // namespace sluice::unity
