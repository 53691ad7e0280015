#include "net/response_head.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "base/encoding.h"

namespace sluice::net {
namespace {

void AppendNumber(uint64_t value, std::string& out) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

void AppendTwo(int value, std::string& out) {
  out += static_cast<char>('0' + value / 10);
  out += static_cast<char>('0' + value % 10);
}

bool IsServersOwn(std::string_view name) {
  switch (name.size()) {
    case 4: return EqualsIgnoreCase(name, "Date");
    case 10: return EqualsIgnoreCase(name, "Connection");
    case 14: return EqualsIgnoreCase(name, "Content-Length");
    case 17: return EqualsIgnoreCase(name, "Transfer-Encoding");
    default: return false;
  }
}

void AppendSafe(std::string_view text, std::string& out) {
  const size_t start = out.size();
  out.append(text);
  const auto breaks = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
  std::replace_if(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), breaks, ' ');
}

}  // namespace

const std::string& DateText::At(TimePoint now) {
  static constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
  static constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const int64_t second = ToUnixMillis(now) / 1000;
  if (second == second_) return text_;
  second_ = second;
  const std::time_t time = second;
  std::tm utc{};
  gmtime_r(&time, &utc);
  text_.assign(kDays.substr(static_cast<size_t>(utc.tm_wday) * 3, 3)).append(", ");
  AppendTwo(utc.tm_mday, text_);
  text_.append(" ").append(kMonths.substr(static_cast<size_t>(utc.tm_mon) * 3, 3)).append(" ");
  AppendNumber(static_cast<uint64_t>(utc.tm_year) + 1900, text_);
  text_ += ' ';
  AppendTwo(utc.tm_hour, text_);
  text_ += ':';
  AppendTwo(utc.tm_min, text_);
  text_ += ':';
  AppendTwo(utc.tm_sec, text_);
  text_.append(" GMT");
  return text_;
}

void AppendHead(const Response& response, const Framing& framing, const std::string& date,
                std::string& out) {
  out.append("HTTP/1.1 ");
  AppendNumber(static_cast<uint64_t>(std::clamp(response.status, 100, 999)), out);
  out.append(" ").append(ReasonPhrase(response.status)).append("\r\nDate: ").append(date);
  out.append("\r\n");
  for (const auto& [name, value] : response.headers.fields()) {
    if (IsServersOwn(name)) continue;
    AppendSafe(name, out);
    out.append(": ");
    AppendSafe(value, out);
    out.append("\r\n");
  }
  if (framing.length) {
    out.append("Content-Length: ");
    AppendNumber(*framing.length, out);
    out.append("\r\n");
  }
  if (framing.chunked) out.append("Transfer-Encoding: chunked\r\n");
  if (framing.close) {
    out.append("Connection: close\r\n");
  } else if (framing.say_keep) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append("\r\n");
}

}  // namespace sluice::net
