// Which version has a table? Query Table Version, and the header that all answers carry.
#include <fmt/format.h>

#include <array>
#include <charconv>

#include "conformance/asking.h"
#include "conformance/catalogue.h"
#include "conformance/sections.h"

namespace sluice::conformance {
namespace {

std::optional<int64_t> VersionOf(std::string_view text) {
  int64_t version = -1;
  const auto read = std::from_chars(text.begin(), text.end(), version);
  if (read.ec != std::errc() || read.ptr != text.end() || version < 0) return std::nullopt;
  return version;
}

// The version that an answer tells; -1 where it tells none, which is recorded.
int64_t ToldVersion(Context& context, const Answer& answer) {
  context.ExpectHeader(answer, kVersionHeader, "a version, 0 or more",
                       [](std::string_view value) { return VersionOf(value).has_value(); });
  return VersionOf(answer.Header(kVersionHeader)).value_or(-1);
}

Status Header(Context& context) {
  const Answer answer = TRY(context.Get(context.table().Path("/version")));
  TRY(context.RequireStatus(answer, 200));
  ToldVersion(context, answer);
  return {};
}

Status EmptyBody(Context& context) {
  const Answer answer = TRY(context.Get(context.table().Path("/version")));
  TRY(context.RequireStatus(answer, 200));
  context.Expect(answer.body.empty(), answer, "an empty body");
  return {};
}

Status EveryAnswer(Context& context) {
  const Answer version = TRY(context.Get(context.table().Path("/version")));
  TRY(context.RequireStatus(version, 200));
  const Told metadata = TRY(AskMetadata(context));
  const Told query = TRY(AskQuery(context));
  const int64_t first = ToldVersion(context, version);
  const int64_t second = ToldVersion(context, metadata.answer);
  const int64_t third = ToldVersion(context, query.answer);
  // The table may be written to meanwhile.
  context.Expect(first <= second && second <= third, query.answer,
                 "the same version of /version, /metadata and /query, asked in this order",
                 fmt::format("{}, {}, {}", first, second, third));
  return {};
}

Status Head(Context& context) {
  const Answer answer = TRY(context.Send({.method = "HEAD", .target = context.table().Path()}));
  if (answer.status == 404 || answer.status == 405 || answer.status == 501) {
    return context.Skip("the server does not offer the deprecated form");
  }
  TRY(context.RequireStatus(answer, 200));
  const Answer version = TRY(context.Get(context.table().Path("/version")));
  context.Expect(ToldVersion(context, answer) <= ToldVersion(context, version), answer,
                 "the version that GET .../version tells");
  return {};
}

Status StartingTimestampEarly(Context& context) {
  const Answer answer =
      TRY(context.Get(context.table().Path("/version?startingTimestamp=2000-01-01T00%3A00%3A00Z")));
  if (answer.status == 400 || answer.status == 403) {
    return context.Skip("the server does not tell the history of this table");
  }
  TRY(context.RequireStatus(answer, 200));
  const Answer latest = TRY(context.Get(context.table().Path("/version")));
  context.Expect(ToldVersion(context, answer) <= ToldVersion(context, latest), answer,
                 "a version that is not later than the latest");
  return {};
}

Status StartingTimestampBad(Context& context) {
  for (const std::string_view text : {"xyz", "2022-13-41T00%3A00%3A00Z", "2022-01-01"}) {
    const Answer answer =
        TRY(context.Get(context.table().Path(fmt::format("/version?startingTimestamp={}", text))));
    context.ExpectError(answer, {400});
  }
  return {};
}

Status StartingTimestampLate(Context& context) {
  const Answer answer =
      TRY(context.Get(context.table().Path("/version?startingTimestamp=2999-01-01T00%3A00%3A00Z")));
  context.ExpectError(answer, {400, 403, 404});
  return {};
}

constexpr auto kChecks = std::to_array<Check>({
    {.id = "version.header",
     .title = "GET .../version tells the version in the header Delta-Table-Version",
     .section = kTableVersion,
     .needs = kNeedsTable,
     .run = Header},
    {.id = "version.empty-body",
     .title = "GET .../version has no body",
     .section = kTableVersion,
     .level = Level::kRecommended,
     .needs = kNeedsTable,
     .run = EmptyBody},
    {.id = "version.every-answer",
     .title = "Version, metadata and query tell the same version",
     .section = kReadData,
     .needs = kNeedsTable,
     .run = EveryAnswer},
    {.id = "version.head",
     .title = "The deprecated HEAD of a table tells the version, too",
     .section = kTableVersion,
     .level = Level::kOptional,
     .needs = kNeedsTable,
     .run = Head},
    {.id = "version.early-timestamp",
     .title = "A startingTimestamp before the table is good: the earliest version is told",
     .section = kTableVersion,
     .level = Level::kOptional,
     .needs = kNeedsTable,
     .run = StartingTimestampEarly},
    {.id = "version.late-timestamp",
     .title = "A startingTimestamp after the latest version is refused",
     .section = kTableVersion,
     .level = Level::kRecommended,
     .needs = kNeedsTable,
     .run = StartingTimestampLate},
    {.id = "version.bad-timestamp",
     .title = "A startingTimestamp that is no ISO 8601 time in UTC gives 400",
     .section = kTimestampFormat,
     .needs = kNeedsTable,
     .run = StartingTimestampBad},
});

}  // namespace

std::span<const Check> VersionChecks() { return kChecks; }

}  // namespace sluice::conformance
