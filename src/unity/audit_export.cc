#include "unity/audit_export.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "audit/chain.h"
#include "audit/cursor.h"
#include "audit/event_json.h"
#include "base/crypto/crypto.h"
#include "base/csv.h"
#include "base/encoding.h"
#include "base/json.h"
#include "base/timestamp.h"

namespace sluice::unity {
namespace {

constexpr std::string_view kCsvHead =
    "event_time,service_name,action_name,status_code,error_message,principal,principal_id,"
    "recipient_name,share_name,table_name,bytes_read,reason,source_ip_address,user_agent,"
    "request_id,request_params,result,event_id,sequence,hash\r\n";

std::string FactsJson(const audit::Facts& facts) {
  if (facts.empty()) return {};
  json::Object object;
  for (const auto& [name, value] : facts) object[name] = value;
  return json::Serialize(object);
}

Status AppendCsvRow(std::string_view line, std::string& out) {
  const audit::Event event = TRY(audit::ParseEvent(line));
  const audit::Line chained = TRY(audit::ReadLine(line));
  const std::string cells[] = {FormatTimestamp(event.time),
                               event.service,
                               event.action,
                               std::to_string(event.status),
                               event.error,
                               event.principal,
                               event.principal_id,
                               event.recipient,
                               event.share,
                               event.table,
                               std::to_string(event.bytes_read),
                               event.reason,
                               event.source_ip,
                               event.user_agent,
                               event.request_id,
                               FactsJson(event.params),
                               FactsJson(event.result),
                               event.id,
                               std::to_string(chained.sequence),
                               Hex(crypto::View(chained.hash))};
  for (const std::string& cell : cells) {
    if (&cell != &cells[0]) out += ',';
    AppendCsvCell(cell, out);
  }
  out += "\r\n";
  return {};
}

class Export final : public net::BodySource {
 public:
  Export(std::unique_ptr<audit::Reader> reader, audit::Cursor cursor, AuditFormat format)
      : reader_(std::move(reader)), cursor_(std::move(cursor)), format_(format) {
    if (format_ == AuditFormat::kCsv) rest_ = kCsvHead;
  }

  Result<size_t> Next(std::span<char> out) override {
    while (rest_.size() - taken_ < out.size()) {
      const auto match = TRY(cursor_.Next());
      if (!match) break;
      rest_.erase(0, std::exchange(taken_, 0));
      if (format_ == AuditFormat::kCsv) {
        TRY(AppendCsvRow(match->line, rest_));
      } else {
        (rest_ += match->line) += '\n';
      }
      ++events_;
    }
    const size_t size = std::min(out.size(), rest_.size() - taken_);
    if (size > 0) std::memcpy(out.data(), rest_.data() + taken_, size);
    taken_ += size;
    return size;
  }
  void AddLogFields(net::LogFields& fields) const override {
    fields.emplace_back("events", std::to_string(events_));
  }

 private:
  std::unique_ptr<audit::Reader> reader_;
  audit::Cursor cursor_;
  const AuditFormat format_;
  std::string rest_;  // of which `taken_` bytes were sent
  size_t taken_ = 0;
  uint64_t events_ = 0;
};

}  // namespace

Result<std::unique_ptr<net::BodySource>> ExportAudit(std::unique_ptr<audit::Reader> reader,
                                                     const audit::Filter& filter,
                                                     AuditFormat format) {
  auto cursor = TRY(audit::Cursor::Open(*reader, filter));
  return std::make_unique<Export>(std::move(reader), std::move(cursor), format);
}

}  // namespace sluice::unity
