// sluice audit verify, sluice audit export.
#include <fmt/format.h>

#include <filesystem>

#include "audit/anchor.h"
#include "audit/reader.h"
#include "audit/verify.h"
#include "base/json.h"
#include "base/timestamp.h"
#include "server/audit_delta.h"
#include "server/audit_stream.h"
#include "server/catalog_parts.h"
#include "server/commands.h"
#include "server/serving.h"

namespace sluice::server {
namespace {

// A day "2026-11-01" is its beginning in UTC.
Result<std::optional<TimePoint>> TimeOf(std::string_view option, const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto time = ParseTimestamp(text.size() == 10 ? text + "T00:00:00Z" : text);
  if (time) return *time;
  return Fail(
      Code::kInvalidArgument,
      fmt::format("{}: '{}' is no time; as in 2026-11-01 or 2026-11-01T12:00:00Z", option, text));
}

Result<audit::Filter> FilterOf(const AuditCommand& command) {
  audit::Filter filter;
  filter.from = TRY(TimeOf("--from", command.from));
  filter.to = TRY(TimeOf("--to", command.to));
  if (!command.action.empty()) filter.actions.push_back(command.action);
  filter.share = command.share;
  filter.recipient = command.recipient;
  filter.table = command.table;
  filter.principal = command.principal;
  return filter;
}

// Or only files of a log, as somebody put them aside. Nothing is made where there is none.
Result<DataDirectory> ExistingDirectory(const std::string& path) {
  std::error_code failure;
  if (DataDirectory::Exists(path) || std::filesystem::is_directory(path + "/audit", failure)) {
    return DataDirectory::Open(path);
  }
  return Fail(Code::kNotFound,
              fmt::format("{} is not a data directory: it has no sluice.db and no audit", path));
}

Status Stream(const AuditCommand& command) {
  AuditStream stream;
  stream.filter = TRY(FilterOf(command));
  stream.after = command.after;
  stream.follow = command.follow;
  stream.syslog = command.syslog;
  stream.ca_file = command.ca_file;
  if (!command.collector.empty()) {
    stream.collector = TRY(net::ParseMessageTarget(command.collector));
  }
  const DataDirectory directory = TRY(ExistingDirectory(command.data));
  const auto reader = TRY(audit::Reader::Open(directory.audit()));
  return StreamAudit(*reader, stream);
}

// An empty log has nothing to be anchored.
bool IsAnchored(const audit::Verification& found) {
  return found.anchor_met || found.events == 0 || found.broken.has_value();
}

bool IsGood(const audit::Verification& found) {
  return !found.broken.has_value() && IsAnchored(found);
}

json::Object JsonOf(const audit::Verification& found) {
  json::Object body{{"whole", !found.broken.has_value()},
                    {"segments", found.segments},
                    {"events", found.events},
                    {"bytes", found.bytes},
                    {"first_sequence", found.first_sequence},
                    {"last_sequence", found.head.sequence},
                    {"purged_through", found.purged_through},
                    {"accepted_breaks", found.accepted_breaks},
                    {"anchor_met", found.anchor_met}};
  if (found.broken) {
    body["broken"] = json::Object{{"file", found.broken->file},
                                  {"line", found.broken->line},
                                  {"sequence", found.broken->sequence},
                                  {"what", found.broken->what}};
  }
  return body;
}

void Print(const audit::Verification& found) {
  if (found.broken) {
    fmt::print("BROKEN: {}{}: {}\n", found.broken->file.empty() ? "the log" : found.broken->file,
               found.broken->line == 0 ? "" : fmt::format(", line {}", found.broken->line),
               found.broken->what);
  } else {
    fmt::print("The audit log is whole and unaltered{}.\n",
               IsAnchored(found) ? "" : ", as far as it goes");
  }
  if (!IsAnchored(found)) {
    fmt::print(
        "NOT ANCHORED: no database notes an event of this log, so that it cannot be "
        "noticed whether its end was cut off.\n");
  }
  fmt::print("{} events in {} files, {} bytes; numbers {} to {}\n", found.events, found.segments,
             found.bytes, found.first_sequence, found.head.sequence);
  if (found.purged_through > 0) {
    fmt::print("Events up to {} were deleted by retention, which is on record.\n",
               found.purged_through);
  }
  if (found.accepted_breaks > 0) {
    fmt::print("An operator accepted {} damaged places; each is an event of its own.\n",
               found.accepted_breaks);
  }
}

Result<audit::Verification> VerifyAgainstAnchor(const DataDirectory& directory) {
  if (!DataDirectory::Exists(directory.path())) {
    return audit::Verify(directory.audit(), std::nullopt);
  }
  const auto database = TRY(OpenDatabase(directory));
  audit::DatabaseAnchors anchors(*database);
  const auto anchor = TRY(anchors.Load());
  return audit::Verify(directory.audit(), anchor);
}

Status VerifyLog(const AuditCommand& command, bool& is_whole) {
  const DataDirectory directory = TRY(ExistingDirectory(command.data));
  const audit::Verification found = TRY(VerifyAgainstAnchor(directory));
  is_whole = IsGood(found);
  if (command.json) {
    fmt::print("{}\n", json::Serialize(JsonOf(found)));
  } else {
    Print(found);
  }
  return {};
}

Status ExportTable(const AuditCommand& command, bool& is_whole) {
  const DataDirectory directory = TRY(ExistingDirectory(command.data));
  const audit::Verification found = TRY(VerifyAgainstAnchor(directory));
  is_whole = !found.broken.has_value();
  if (!is_whole) {
    Print(found);
    fmt::print("Nothing was exported.\n");
    return {};
  }
  const auto reader = TRY(audit::Reader::Open(directory.audit()));
  engine::Engine engine({});
  const SystemClock clock;
  const DeltaExport done = TRY(ExportToDelta(
      *reader, engine, {.folder = command.delta, .through = found.head.sequence}, clock));
  fmt::print("{} events were added to the table in {}: it has those up to {}.\n", done.events,
             command.delta, done.through);
  for (const audit::Gap& gap : done.missing) {
    fmt::print("MISSING: events {} to {}, which retention deleted before they were exported.\n",
               gap.first, gap.last);
  }
  return {};
}

}  // namespace

int RunAudit(const AuditCommand& command) {
  bool is_whole = true;
  Status done;
  if (command.what == AuditCommand::What::kVerify) {
    done = VerifyLog(command, is_whole);
  } else {
    done = command.delta.empty() ? Stream(command) : ExportTable(command, is_whole);
  }
  if (!done) {
    const Code code = done.error().code;
    const bool passes = code == Code::kUnavailable || code == Code::kConflict;
    return ReportFailure(done.error(), passes ? kExitFailure : kExitUsage);
  }
  return is_whole ? 0 : kExitFailure;
}

}  // namespace sluice::server
