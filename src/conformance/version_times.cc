#include "conformance/version_times.h"

#include <fmt/format.h>

#include <map>

#include "base/encoding.h"
#include "base/timestamp.h"

namespace sluice::conformance {

Result<std::vector<TimePoint>> VersionTimes(Context& context, const MadeTable& table,
                                            const TableName& name) {
  const Told reply = TRY(QueryTable(context, name, R"({"startingVersion": 0})"));
  std::map<int64_t, int64_t> times;
  for (const DataFile& file : reply.table.files) {
    TRY(context.Require(file.version && file.timestamp, reply.answer,
                        "version and timestamp in each line about a change"));
    const auto [known, is_new] = times.try_emplace(*file.version, *file.timestamp);
    TRY(context.Require(is_new || known->second == *file.timestamp, reply.answer,
                        "one timestamp for all files of a version"));
  }
  std::vector<TimePoint> rising;
  for (delta::Version version = 0; version <= table.Latest(); ++version) {
    const auto found = times.find(version);
    TRY(context.Require(found != times.end(), reply.answer,
                        fmt::format("changes of version {}", version), "none"));
    const TimePoint time = FromUnixMillis(found->second);
    TRY(context.Require(rising.empty() || rising.back() < time, reply.answer,
                        "timestamps that rise with the versions"));
    rising.push_back(time);
  }
  return rising;
}

std::string TimestampText(TimePoint time) {
  std::string text = FormatTimestamp(time);
  if (text.ends_with(".000Z")) text.replace(text.size() - 5, 5, "Z");
  return text;
}

std::string TimestampParameter(std::string_view name, TimePoint time) {
  return fmt::format("{}={}", name, PercentEncode(TimestampText(time)));
}

std::string TimestampBody(TimePoint time) {
  return fmt::format(R"({{"timestamp": "{}"}})", TimestampText(time));
}

}  // namespace sluice::conformance
