#include "audit/line_keys.h"

#include <charconv>

#include "audit/event_json.h"
#include "base/json.h"
#include "base/timestamp.h"

namespace sluice::audit {
namespace {

// Goes through a line from member to member.
class Scanner {
 public:
  explicit Scanner(std::string_view line) : rest_(line) {}

  // A text, or null, which reads as empty.
  std::optional<std::string_view> Text(std::string_view member) {
    if (!Skip(member)) return std::nullopt;
    if (rest_.starts_with("null")) return std::string_view();
    if (!rest_.starts_with('"')) return std::nullopt;
    rest_.remove_prefix(1);
    for (size_t i = 0; i < rest_.size(); ++i) {
      if (rest_[i] == '\\') {
        ++i;
      } else if (rest_[i] == '"') {
        const std::string_view text = rest_.substr(0, i);
        rest_.remove_prefix(i);
        return text;
      }
    }
    return std::nullopt;
  }

  std::optional<int64_t> Int(std::string_view member) {
    if (!Skip(member)) return std::nullopt;
    int64_t value = 0;
    const auto read = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (read.ec != std::errc()) return std::nullopt;
    return value;
  }

 private:
  bool Skip(std::string_view member) {
    const size_t at = rest_.find(member);
    if (at == std::string_view::npos) return false;
    rest_.remove_prefix(at + member.size());
    return true;
  }

  std::string_view rest_;
};

}  // namespace

std::optional<LineKeys> ScanLine(std::string_view line) {
  Scanner scan(line);
  const auto time = scan.Text(R"("event_time":)");
  const auto source_ip = scan.Text(R"(,"source_ip_address":)");
  const auto principal = scan.Text(R"(,"user_identity":{"email":)");
  const auto action = scan.Text(R"(,"action_name":)");
  const auto share = scan.Text(R"(,"share_name":)");
  const auto recipient = scan.Text(R"(,"recipient_name":)");
  const auto table = scan.Text(R"(,"table_name":)");
  const auto bytes = scan.Int(R"(,"bytes_read":)");
  const auto status = scan.Int(R"(,"response":{"status_code":)");
  const auto error = scan.Text(R"(,"error_message":)");
  const auto result = scan.Text(R"(,"result":)");
  if (!time || !source_ip || !principal || !action || !share || !recipient || !table || !bytes ||
      !status || !error || !result) {
    return std::nullopt;
  }
  const auto moment = ParseTimestamp(*time);
  if (!moment.has_value()) return std::nullopt;
  return LineKeys{*moment, *source_ip, *principal, *action, *share, *recipient,
                  *table,  *bytes,     *status,    *error,  *result};
}

std::string AsWritten(std::string_view text) {
  std::string member = MemberText("", text);  // ,"":"text",
  return member.substr(5, member.size() - 7);
}

std::string AsMeant(std::string_view written) {
  std::string quoted = "\"";
  quoted += written;
  quoted += '"';
  const auto value = json::Parse(quoted);
  if (!value.has_value() || !value->is_string()) return std::string(written);
  return std::string(value->get_string());
}

}  // namespace sluice::audit
