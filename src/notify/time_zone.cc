#include "notify/time_zone.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string>

namespace sluice::notify {
namespace {

constexpr std::string_view kFolder = "/usr/share/zoneinfo/";

bool IsName(std::string_view name) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '+' || c == '/';
  };
  // Zones that count leap seconds are of no use here.
  return !name.empty() && name.size() <= 64 && name.front() != '/' &&
         std::ranges::all_of(name, good) && !name.starts_with("right/");
}

// What has been asked for is kept for good, found or not: of names that anybody may ask for only
// those of files get that far.
bool IsThere(const std::string& name) {
  std::error_code failed;
  return name == "UTC" || std::filesystem::is_regular_file(std::string(kFolder) + name, failed);
}

}  // namespace

Result<TimeZone> TimeZone::Load(std::string_view name) {
  const std::string text(name.substr(0, 65));
  TimeZone zone;
  if (!IsName(text) || !IsThere(text) || !absl::LoadTimeZone(text, &zone.zone_)) {
    return Fail(Code::kInvalidArgument,
                fmt::format("'{}' is no time zone that this server knows; it takes UTC and names "
                            "of the IANA list, such as Europe/Berlin.",
                            text.substr(0, 64)));
  }
  return zone;
}

std::chrono::seconds TimeZone::OffsetAt(TimePoint time) const {
  return std::chrono::seconds(zone_.At(absl::FromChrono(time)).offset);
}

LocalSeconds TimeZone::LocalAt(TimePoint time) const {
  const auto utc = std::chrono::floor<std::chrono::seconds>(time);
  return LocalSeconds((utc + OffsetAt(time)).time_since_epoch());
}

TimePoint TimeZone::At(LocalSeconds local) const {
  const absl::CivilSecond civil = absl::CivilSecond(1970, 1, 1) + local.time_since_epoch().count();
  // The offset before the change: the first time of two, or that much later.
  return std::chrono::time_point_cast<Millis>(absl::ToChronoTime(zone_.At(civil).pre));
}

}  // namespace sluice::notify
