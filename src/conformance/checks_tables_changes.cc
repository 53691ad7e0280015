// What changed between versions: files, as streaming clients ask for them with startingVersion, and
// rows, in the change data feed.
#include <fmt/format.h>

#include <array>
#include <map>
#include <set>

#include "conformance/catalogue.h"
#include "conformance/made_rows.h"
#include "conformance/sections.h"
#include "conformance/table_query.h"
#include "conformance/version_times.h"

namespace sluice::conformance {
namespace {

// ---- Files of versions: POST query with startingVersion.

// "2 add, 3 add, 3 remove": of the versions in a range, in order.
std::multiset<std::string> FileChanges(const Told& reply, delta::Version first,
                                       delta::Version last) {
  std::multiset<std::string> changes;
  for (const DataFile& file : reply.table.files) {
    const int64_t version = file.version.value_or(-1);
    if (version >= first && version <= last) {
      changes.insert(fmt::format("{} {}", version, file.action));
    }
  }
  return changes;
}

std::string Joined(const std::multiset<std::string>& texts) {
  std::string all;
  for (const auto& text : texts) all += (all.empty() ? "" : ", ") + text;
  return all;
}

Status FilesFromTo(Context& context, Format format) {
  const std::multiset<std::string> expected = {"2 add",    "3 add", "3 remove", "3 remove",
                                               "3 remove", "4 add", "4 remove"};
  const Told reply = TRY(QueryTable(context, context.table(),
                                    R"({"startingVersion": 2, "endingVersion": 4})", format));
  ExpectVersionHeader(context, reply.answer, 2);
  const auto came = FileChanges(reply, 2, 4);
  context.Expect(came == expected, reply.answer, "versions and actions " + Joined(expected),
                 Joined(came));
  for (const DataFile& file : reply.table.files) {
    context.Expect(file.version.value_or(-1) >= 2, reply.answer, "no version before 2",
                   std::to_string(file.version.value_or(-1)));
    context.Expect(file.timestamp.has_value(), reply.answer, "a timestamp in each line");
  }
  return {};
}
Status FilesOfVersions(Context& context) { return FilesFromTo(context, Format::kParquet); }
Status FilesOfVersionsDelta(Context& context) { return FilesFromTo(context, Format::kDelta); }

Status AddedRows(Context& context) {
  const MadeTable& table = Made(context);
  Told reply = TRY(QueryTable(context, context.table(), R"({"startingVersion": 5})"));
  std::erase_if(reply.table.files, [](const DataFile& file) { return file.action != "add"; });
  std::vector<const MadeFile*> added;
  for (size_t version = 5; version < table.commits.size(); ++version) {
    for (const MadeFile& file : table.commits[version].adds) added.push_back(&file);
  }
  return ExpectRows(context, table, reply, RowsOfFilesSql(table, added));
}

Status RemovedFilesKeepTheirIds(Context& context) {
  const Told reply = TRY(QueryTable(context, context.table(), R"({"startingVersion": 0})"));
  std::set<std::string> added;
  size_t removed = 0;
  for (const DataFile& file : reply.table.files) {
    if (file.action == "add") added.insert(file.id);
  }
  for (const DataFile& file : reply.table.files) {
    if (file.action != "remove") continue;
    ++removed;
    context.Expect(added.contains(file.id), reply.answer, "the id that the file was added with",
                   file.id);
  }
  context.Expect(removed == 5, reply.answer, "five removed files", std::to_string(removed));
  return {};
}

// ---- Rows: GET changes.

Status ChangesIn(Context& context, delta::Version first, delta::Version last, Format format) {
  const Told reply =
      TRY(QueryChanges(context, context.table(),
                       fmt::format("startingVersion={}&endingVersion={}", first, last), format));
  return ExpectChanges(context, Made(context), reply, first, last);
}

Status AllChanges(Context& context) {
  const MadeTable& table = Made(context);
  const Told reply = TRY(QueryChanges(context, context.table(), "startingVersion=0"));
  return ExpectChanges(context, table, reply, 0, table.Latest());
}

Status AllChangesDelta(Context& context) {
  const MadeTable& table = Made(context);
  const Told reply =
      TRY(QueryChanges(context, context.table(), "startingVersion=0", Format::kDelta));
  return ExpectChanges(context, table, reply, 0, table.Latest());
}

Status Ranges(Context& context) {
  TRY(ChangesIn(context, 2, 3, Format::kParquet));
  TRY(ChangesIn(context, 4, 4, Format::kParquet));
  return ChangesIn(context, 5, 6, Format::kParquet);
}

Status RangesDelta(Context& context) { return ChangesIn(context, 2, 5, Format::kDelta); }

Status ChangeFields(Context& context) {
  const Told reply = TRY(QueryChanges(context, context.table(), "startingVersion=1"));
  TRY(context.Require(!reply.table.files.empty(), reply.answer, "lines about changes"));
  std::set<std::string> actions;
  for (const DataFile& file : reply.table.files) {
    actions.insert(file.action);
    context.Expect(file.url.starts_with("http"), reply.answer, "a url in each line", file.url);
    context.Expect(!file.id.empty(), reply.answer, "an id in each line");
    context.Expect(file.size && file.version && file.timestamp &&
                       ObjectMember(file.line, "partitionValues") != nullptr,
                   reply.answer, "size, version, timestamp and partitionValues in each line",
                   json::Serialize(file.line));
  }
  context.Expect(actions == std::set<std::string>{"add", "cdf", "remove"}, reply.answer,
                 "lines 'add', 'cdf' and 'remove'");
  return {};
}

// When each version from 1 on was committed, as the feed says.
Result<std::map<int64_t, TimePoint>> ChangeTimes(Context& context) {
  const Told reply = TRY(QueryChanges(context, context.table(), "startingVersion=1"));
  std::map<int64_t, TimePoint> times;
  for (const DataFile& file : reply.table.files) {
    TRY(context.Require(file.version && file.timestamp, reply.answer,
                        "version and timestamp in each line"));
    times[*file.version] = FromUnixMillis(*file.timestamp);
  }
  TRY(context.Require(times.size() == 6, reply.answer, "changes of the versions 1 to 6",
                      fmt::format("{} versions", times.size())));
  return times;
}

Status ChangesByTime(Context& context) {
  const MadeTable& table = Made(context);
  const auto times = TRY(ChangeTimes(context));
  const auto expect = [&](TimePoint from, TimePoint to, delta::Version first,
                          delta::Version last) -> Status {
    const Told reply = TRY(QueryChanges(context, context.table(),
                                        TimestampParameter("startingTimestamp", from) + '&' +
                                            TimestampParameter("endingTimestamp", to)));
    return ExpectChanges(context, table, reply, first, last);
  };
  TRY(expect(times.at(2), times.at(4), 2, 4));
  return expect(times.at(2) + Millis(1), times.at(5) - Millis(1), 3, 4);
}

Status ChangesRefused(Context& context, std::string_view parameters, std::string_view why) {
  const Answer answer =
      TRY(context.Get(context.table().Path(fmt::format("/changes{}", parameters))));
  ExpectRefused(context, answer, why);
  return {};
}
Status NoStart(Context& context) {
  return ChangesRefused(context, "", "the start of the range must be given");
}
Status StartBeyond(Context& context) {
  return ChangesRefused(context, "?startingVersion=1000", "there is no version 1000");
}
Status EndBeforeStart(Context& context) {
  return ChangesRefused(context, "?startingVersion=4&endingVersion=2", "the range ends first");
}
Status NotEnabled(Context& context) {
  return ChangesRefused(context, "?startingVersion=0", "the table has no change data feed");
}

constexpr auto kChecks = std::to_array<Check>({
    MadeTableCheck("file-changes.range", "startingVersion gives the files of each version",
                   "history", FilesOfVersions, kRequestBody),
    MadeTableCheck("file-changes.range-delta", "The same in delta format", "history",
                   FilesOfVersionsDelta, kRequestBody),
    MadeTableCheck("file-changes.rows", "Added files have the rows of their versions", "history",
                   AddedRows, kDataChangeFiles),
    MadeTableCheck("file-changes.ids", "A removed file has the id that it was added with",
                   "history", RemovedFilesKeepTheirIds, kDataChangeFiles),
    MadeTableCheck("changes.rows", "The change data feed has every change, of its kind and version",
                   "cdf", AllChanges, kReadChanges),
    MadeTableCheck("changes.rows-delta", "The same in delta format", "cdf", AllChangesDelta,
                   kReadChanges),
    MadeTableCheck("changes.range", "Both ends of a range of versions are included", "cdf", Ranges,
                   kReadChanges),
    MadeTableCheck("changes.range-delta", "The same in delta format", "cdf", RangesDelta,
                   kReadChanges),
    MadeTableCheck("changes.timestamps",
                   "A range of times begins at or after, and ends at or before", "cdf",
                   ChangesByTime, kReadChanges),
    MadeTableCheck("changes.fields", "Lines about changes have the fields they must have", "cdf",
                   ChangeFields, kDataChangeFiles),
    MadeTableCheck("changes.no-start", "Changes without a start are refused", "cdf", NoStart,
                   kReadChanges),
    MadeTableCheck("changes.start-beyond", "Changes from a version that is yet to come are refused",
                   "cdf", StartBeyond, kReadChanges, Level::kRecommended),
    MadeTableCheck("changes.end-first", "A range that ends before it begins is refused", "cdf",
                   EndBeforeStart, kReadChanges, Level::kRecommended),
    MadeTableCheck("changes.not-enabled",
                   "Changes of a table without a change data feed are refused", "history",
                   NotEnabled, kReadChanges),
});

}  // namespace

std::span<const Check> ChangeTableChecks() { return kChecks; }

}  // namespace sluice::conformance
