// server/audit_stream.h -- events of the audit log to the standard output or to a syslog collector:
// those that there are, or on as they come.
//
// A collector gets each event at least once: syslog has no answer that says "written", so that
// after a lost connection those come again that its machine may not have, or got only just now. Its
// line bears the event's sequence.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "audit/filter.h"
#include "audit/reader.h"
#include "base/result.h"
#include "net/message_socket.h"

namespace sluice::server {

struct AuditStream {
  audit::Filter filter{};
  uint64_t after = 0;                             // events up to this one are passed over
  bool follow = false;                            // until SIGINT or SIGTERM
  bool syslog = false;                            // messages in place of lines
  std::optional<net::MessageTarget> collector{};  // nothing: the standard output
  std::string ca_file{};
};

// Blocks SIGINT and SIGTERM, which end it well.
// Errors: kInvalidArgument   the log has no event `after`
//         kUnavailable       the log, the output; without `follow` the collector
//         kPermissionDenied  the collector's certificate
Status StreamAudit(const audit::Reader& reader, const AuditStream& stream);

}  // namespace sluice::server
