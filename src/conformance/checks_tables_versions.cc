// Earlier versions, by their number and by time.
#include <fmt/format.h>

#include <array>

#include "conformance/catalogue.h"
#include "conformance/sections.h"
#include "conformance/table_query.h"
#include "conformance/version_times.h"

namespace sluice::conformance {
namespace {

Status EachVersionIn(Context& context, Format format) {
  const MadeTable& table = Made(context);
  for (delta::Version version = 0; version <= table.Latest(); ++version) {
    const Told reply = TRY(
        QueryTable(context, context.table(), fmt::format(R"({{"version": {}}})", version), format));
    ExpectVersionHeader(context, reply.answer, version);
    TRY(ExpectVersion(context, table, reply, version));
  }
  return {};
}
Status EachVersion(Context& context) { return EachVersionIn(context, Format::kParquet); }
Status EachVersionDelta(Context& context) { return EachVersionIn(context, Format::kDelta); }

Status MetadataOfVersions(Context& context) {
  const MadeTable& table = Made(context);
  for (delta::Version version = 0; version <= table.Latest(); version += table.Latest()) {
    const Answer answer =
        TRY(context.Get(context.table().Path(fmt::format("/metadata?version={}", version))));
    TRY(context.RequireTable(answer));
    ExpectVersionHeader(context, answer, version);
  }
  return {};
}

Status QueryRefused(Context& context, const std::string& body, std::string_view why) {
  const Answer answer = TRY(context.Post(context.table().Path("/query"), body));
  ExpectRefused(context, answer, why);
  return {};
}

Status BeyondLatest(Context& context) {
  return QueryRefused(context, R"({"version": 1000})", "there is no version 1000");
}

Status CleanedUp(Context& context) {
  return QueryRefused(context, R"({"version": 2})", "the commits of version 2 are gone");
}

Status CheckpointVersions(Context& context) {
  const MadeTable& table = Made(context);
  for (delta::Version version = table.checkpoint_version; version <= table.Latest(); ++version) {
    const Told reply =
        TRY(QueryTable(context, context.table(), fmt::format(R"({{"version": {}}})", version)));
    ExpectVersionHeader(context, reply.answer, version);
    TRY(ExpectVersion(context, table, reply, version));
  }
  return {};
}

Status QueryByBoth(Context& context) {
  const auto times = TRY(VersionTimes(context, Made(context), context.table()));
  return QueryRefused(
      context, fmt::format(R"({{"version": 1, "timestamp": "{}"}})", TimestampText(times.back())),
      "version and timestamp cannot both be meant");
}

Status NoHistory(Context& context) {
  const Answer answer = TRY(context.Post(context.table().Path("/query"), R"({"version": 0})"));
  if (answer.status == 200) {
    return context.Skip(
        "the table is shared with its history; the README of make-tables says: not");
  }
  ExpectRefused(context, answer, "versions are for tables with shared history only");
  return {};
}

Status TimeIn(Context& context, Format format) {
  const MadeTable& table = Made(context);
  const auto times = TRY(VersionTimes(context, table, context.table()));
  const auto expect = [&](TimePoint time, delta::Version version) -> Status {
    const Told reply = TRY(QueryTable(context, context.table(), TimestampBody(time), format));
    ExpectVersionHeader(context, reply.answer, version);
    return ExpectVersion(context, table, reply, version);
  };
  for (const delta::Version version : {0, 3, 7}) {
    TRY(expect(times.at(static_cast<size_t>(version)), version));
  }
  return expect(times.at(4) - Millis(1), 3);
}
Status ByTime(Context& context) { return TimeIn(context, Format::kParquet); }
Status ByTimeDelta(Context& context) { return TimeIn(context, Format::kDelta); }

Status MetadataByTime(Context& context) {
  const auto times = TRY(VersionTimes(context, Made(context), context.table()));
  const Answer answer = TRY(context.Get(
      context.table().Path("/metadata?" + TimestampParameter("timestamp", times.at(2)))));
  TRY(context.RequireTable(answer));
  ExpectVersionHeader(context, answer, 2);
  return {};
}

Status BeforeTheFirst(Context& context) {
  return QueryRefused(context, R"({"timestamp": "1980-01-01T00:00:00Z"})",
                      "there was no version at that time");
}

Status LatestVersion(Context& context) {
  const Answer answer = TRY(context.Get(context.table().Path("/version")));
  TRY(context.RequireStatus(answer, 200));
  ExpectVersionHeader(context, answer, Made(context).Latest());
  return {};
}

Status VersionSince(Context& context) {
  const auto times = TRY(VersionTimes(context, Made(context), context.table()));
  const auto expect = [&](TimePoint time, delta::Version version) -> Status {
    const Answer answer = TRY(context.Get(
        context.table().Path("/version?" + TimestampParameter("startingTimestamp", time))));
    TRY(context.RequireStatus(answer, 200));
    ExpectVersionHeader(context, answer, version);
    return {};
  };
  TRY(expect(times.at(3), 3));
  TRY(expect(times.at(3) + Millis(1), 4));
  return expect(times.at(0) - std::chrono::hours(24), 0);
}

constexpr Check OfHistory(std::string_view id, std::string_view title, Section section,
                          Status (*run)(Context&), Level level = Level::kRequired,
                          std::string_view table = "history") {
  return {.id = id,
          .title = title,
          .section = section,
          .level = level,
          .needs = NeedsMade(table),
          .run = run};
}

constexpr auto kChecks = std::to_array<Check>({
    OfHistory("version.latest", "The version of a table is its latest one", kTableVersion,
              LatestVersion),
    OfHistory("version.since", "startingTimestamp gives the first version at or after it",
              kTableVersion, VersionSince),
    OfHistory("time-travel.versions", "Each version has its rows", kRequestBody, EachVersion),
    OfHistory("time-travel.versions-delta", "Each version has its rows in delta format",
              kRequestBody, EachVersionDelta),
    OfHistory("time-travel.metadata", "Metadata of a version", kTableMetadata, MetadataOfVersions),
    OfHistory("time-travel.beyond", "A version that is yet to come is refused", kRequestBody,
              BeyondLatest),
    OfHistory("time-travel.checkpoint", "Versions from a checkpoint on", kRequestBody,
              CheckpointVersions, Level::kRequired, "checkpointed"),
    OfHistory("time-travel.cleaned-up", "A version whose commits are gone is refused", kRequestBody,
              CleanedUp, Level::kRequired, "checkpointed"),
    OfHistory("time-travel.no-history", "Versions of a table without shared history are refused",
              kRequestBody, NoHistory, Level::kRequired, "plain"),
    OfHistory("time-travel.timestamps", "A timestamp gives the version of that time", kRequestBody,
              ByTime),
    OfHistory("time-travel.timestamps-delta", "The same in delta format", kRequestBody,
              ByTimeDelta),
    OfHistory("time-travel.metadata-timestamp", "Metadata of a time", kTableMetadata,
              MetadataByTime),
    OfHistory("time-travel.before-first", "A time before the first version is refused",
              kRequestBody, BeforeTheFirst, Level::kRecommended),
    OfHistory("time-travel.query-both", "A query of a version and of a time is refused",
              kRequestBody, QueryByBoth, Level::kRecommended),
});

}  // namespace

std::span<const Check> VersionTableChecks() { return kChecks; }

}  // namespace sluice::conformance
