#include "net/http_date.h"

#include <curl/curl.h>

#include <string>

namespace sluice::net {

std::optional<TimePoint> ParseHttpDate(std::string_view text) {
  // libcurl reads a plain number as a day; no header means that.
  if (text.size() > 64 || text.find(':') == std::string_view::npos) return std::nullopt;
  const time_t seconds = curl_getdate(std::string(text).c_str(), nullptr);
  if (seconds < 0) return std::nullopt;
  return FromUnixMillis(static_cast<int64_t>(seconds) * 1000);
}

}  // namespace sluice::net
