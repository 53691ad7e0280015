#include "audit/syslog_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include "base/timestamp.h"

namespace sluice::audit {
namespace {

constexpr int kLogAudit = 13;
constexpr int kError = 3;
constexpr int kWarning = 4;
constexpr int kNotice = 5;

int Severity(int64_t status) { return status >= 500 ? kError : status >= 400 ? kWarning : kNotice; }

// PRINTUSASCII of at most `length`; "-" for nothing.
std::string HeaderText(std::string_view text, size_t length) {
  std::string out;
  for (const char c : text.substr(0, length)) out += c > ' ' && c <= '~' ? c : '?';
  return out.empty() ? "-" : out;
}

}  // namespace

std::string SyslogLine(const LineKeys& keys, std::string_view line, std::string_view host) {
  return fmt::format("<{}>1 {} {} sluice {} {} - {}", kLogAudit * 8 + Severity(keys.status),
                     FormatTimestamp(keys.time), HeaderText(host, 255), ::getpid(),
                     HeaderText(AsMeant(keys.action), 32), line);
}

}  // namespace sluice::audit
