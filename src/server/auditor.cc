#include "server/auditor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "audit/event_json.h"
#include "base/encoding.h"
#include "base/json.h"
#include "base/log.h"
#include "net/router.h"

namespace sluice::server {
namespace {

struct Action {
  std::string_view operation;
  std::string_view decision;
  std::string_view result;  // empty: the answer carries no data
};

// Of the sharing protocol. Source: Databricks, "Audit and monitor data sharing".
constexpr auto kActions = std::to_array<Action>({
    {"ListShares", "deltaSharingListShares", ""},
    {"GetShare", "deltaSharingGetShare", ""},
    {"ListSchemas", "deltaSharingListSchemas", ""},
    {"ListTables", "deltaSharingListTables", ""},
    {"ListAllTables", "deltaSharingListAllTables", ""},
    {"GetTable", "deltaSharingGetTable", ""},
    {"QueryTableVersion", "deltaSharingGetTableVersion", ""},
    {"QueryTableMetadata", "deltaSharingGetTableMetadata", ""},
    {"QueryTable", "deltaSharingQueryTable", "deltaSharingQueriedTable"},
    {"QueryTableChanges", "deltaSharingQueryTableChanges", "deltaSharingQueriedTableChanges"},
    {"GetQueryInfo", "deltaSharingGetQueryInfo", "deltaSharingQueriedTable"},
    {"GenerateTemporaryTableCredential", "generateTemporaryTableCredential", ""},
    {"GetFile", "deltaSharingGetFile", "deltaSharingReadFile"},
});

const Action* FindAction(std::string_view operation) {
  const auto* found = std::ranges::find(kActions, operation, &Action::operation);
  return found == kActions.end() ? nullptr : found;
}

net::LogFields FieldsOf(const net::Response& response) {
  net::LogFields fields = response.log_fields;
  const auto* body = std::get_if<std::unique_ptr<net::BodySource>>(&response.body);
  if (body != nullptr && *body != nullptr) (*body)->AddLogFields(fields);
  return fields;
}

// The text of a JSON value, without the quotes of a string.
std::string PlainText(std::string_view json_text) {
  if (!json_text.starts_with('"')) return std::string(json_text);
  const auto value = json::Parse(json_text);
  if (!value || !value->is_string()) return std::string(json_text);
  return std::string(value->as_string().data(), value->as_string().size());
}

std::string FieldText(const net::LogFields& fields, std::string_view name) {
  const auto found = std::ranges::find(fields, name, [](const auto& field) { return field.first; });
  return found == fields.end() ? std::string() : PlainText(found->second);
}

// "share.schema.table"
void SplitName(std::string_view name, std::string& share, std::string& schema, std::string& table) {
  const size_t first = name.find('.');
  const size_t second = first == std::string_view::npos ? first : name.find('.', first + 1);
  if (second == std::string_view::npos) return;
  share = name.substr(0, first);
  schema = name.substr(first + 1, second - first - 1);
  table = name.substr(second + 1);
}

bool ChangesSomething(const net::Request& request) {
  return request.route->access != net::Access::kRecipient &&
         request.route->access != net::Access::kSignedLink && request.method != net::Method::kGet &&
         request.method != net::Method::kHead;
}

// Of what changed nothing a part will do: strangers must not fill the disk.
bool IsToldWhole(const net::Request& request, const net::Response& response) {
  return ChangesSomething(request) && (response.status < 400 || response.status >= 500);
}

std::string FactOf(const net::Facts& facts, std::string_view name) {
  const auto found = std::ranges::find(facts, name, &net::Facts::value_type::first);
  return found == facts.end() ? std::string() : found->second;
}

net::Facts FactsOf(const net::Request& request) {
  net::Facts facts;
  facts.reserve(request.params.size() + 2);
  // What a link says is a secret; what it leads to is named otherwise.
  if (request.route->access != net::Access::kSignedLink) {
    for (const auto& [name, value] : request.params) facts.emplace_back(name, value);
  }
  if (request.route->describe) {
    for (auto& fact : request.route->describe(request)) facts.push_back(std::move(fact));
  }
  return facts;
}

}  // namespace

std::string AuditAction(std::string_view operation) {
  const Action* action = FindAction(operation);
  return std::string(action == nullptr ? operation : action->decision);
}

bool Auditor::Records(const net::Request& request, const net::Response& response) {
  if (request.route == nullptr) return false;
  // Secrets are not tried out unseen anywhere.
  return request.route->audited || response.status == 401 || response.status == 403;
}

void Auditor::NameCaller(std::string_view principal, audit::Event& event) const {
  constexpr std::string_view kRecipient = "recipient:";
  constexpr std::string_view kUser = "user:";
  event.principal_id = principal;
  const auto picture = catalog_.Now();
  if (principal.starts_with(kRecipient)) {
    const std::string_view id = principal.substr(kRecipient.size());
    const catalog::Securable* recipient = picture->Find(id);
    event.recipient = recipient == nullptr ? std::string(id) : recipient->name;
    event.principal = event.recipient;
  } else if (principal.starts_with(kUser)) {
    event.principal = picture->PrincipalName(principal.substr(kUser.size()));
  }
}

// From the path, or from what a link to a file carries.
void Auditor::NameTable(const net::Request& request, const net::LogFields& fields,
                        audit::Event& event) const {
  std::string schema;
  std::string table;
  for (const auto& [name, value] : request.params) {
    if (name == "share") event.share = value;
    if (name == "schema") schema = value;
    if (name == "table") table = value;
    if (name == "shared_name") SplitName(value, event.share, schema, table);
  }
  const std::string object = FieldText(fields, "object");
  if (!object.empty()) {
    const auto shared = resolver_.FindTableById(FieldText(fields, "principal"), object);
    if (shared) {
      event.share = (*shared)->share;
      schema = (*shared)->schema;
      table = (*shared)->name;
    }
  }
  if (!table.empty()) event.table = schema + "." + table;
}

// The share or recipient that a call is about which is not of the sharing protocol: by its path, by
// what is asked, and by what a link is for.
void Auditor::NameManaged(const net::Request& request, audit::Event& event) const {
  const std::string_view pattern = request.route->pattern;
  const auto has = [&](std::string_view text) { return pattern.find(text) != std::string::npos; };
  const std::string type = AsciiLower(FactOf(event.params, "securable_type"));
  const auto name = [&](std::string_view one, std::string_view of_path) {
    std::string found = FactOf(event.params, one);
    if (found.empty() && type == one) found = FactOf(event.params, "full_name");
    if (found.empty() && has(of_path)) found = FactOf(event.params, "name");
    return found;
  };
  if (event.recipient.empty()) event.recipient = name("recipient", "/recipients");
  if (event.recipient.empty()) event.recipient = FactOf(event.params, "recipient_name");
  // What others share with us is no share of ours.
  if (event.share.empty() && !has("/providers/")) event.share = name("share", "/shares");
  // Not as it was spelled, so that who asks for the name finds it.
  const auto picture = catalog_.Now();
  const auto put_name = [&](catalog::Kind kind, std::string& text) {
    const catalog::Securable* found = picture->FindByName(kind, text);
    if (found != nullptr) text = found->name;
  };
  put_name(catalog::Kind::kRecipient, event.recipient);
  put_name(catalog::Kind::kShare, event.share);
}

audit::Event Auditor::EventOf(const net::Request& request, const net::Response& response) const {
  audit::Event event;
  event.time = clock_.Now();
  event.request_id = request.id;
  event.source_ip = request.client.Text();
  event.user_agent = request.headers.Find("user-agent").value_or("");
  const net::LogFields fields = FieldsOf(response);
  NameCaller(request.principal.empty() ? FieldText(fields, "principal") : request.principal, event);
  event.params = FactsOf(request);
  if (!IsToldWhole(request, response)) {
    for (auto& [name, value] : event.params) value = audit::Shortened(value);
  }
  if (request.route->access == net::Access::kRecipient ||
      request.route->access == net::Access::kSignedLink) {
    NameTable(request, fields, event);
    if (!event.recipient.empty()) event.params.emplace_back("recipient_name", event.recipient);
    if (!event.share.empty()) event.params.emplace_back("share_name", event.share);
  }
  if (request.route->access != net::Access::kRecipient) NameManaged(request, event);
  event.status = response.status;
  return event;
}

Status Auditor::BeforeChange(const net::Request& request) const {
  return ChangesSomething(request) ? log_.CheckReady() : Status();
}

Status Auditor::CheckFits(const net::Request& request) {
  // No text is longer in the log by more than it says in small.
  constexpr size_t kSurelyFits = audit::kMaxParams / 8;
  if (!ChangesSomething(request) || request.body.size() < kSurelyFits) return {};
  const size_t size = audit::WrittenSize(FactsOf(request));
  if (size <= audit::kMaxParams) return {};
  return Fail(Code::kInvalidArgument,
              fmt::format("The request says more than the audit log can keep of one: {} bytes, and "
                          "{} is the most. Make several requests of it.",
                          size, audit::kMaxParams));
}

Status Auditor::Decision(const net::Request& request, const net::Response& response) const {
  audit::Event event = EventOf(request, response);
  event.action = AuditAction(request.route->operation);
  if (response.error) {
    event.error = response.error->message;
    if (response.status == 401 || response.status == 403) event.reason = response.error->message;
  }
  TRY(log_.Append(event, ChangesSomething(request) ? audit::Sync::kNow : audit::Sync::kSoon));
  const std::optional<audit::Event> alert = denials_.Note(event);
  if (!alert) return {};
  log::Warn("recipient {} was refused again and again: see {} in the audit log", alert->recipient,
            alert->action);
  if (on_alert_ != nullptr) on_alert_(alert->recipient);
  return log_.Append(*alert, audit::Sync::kSoon);
}

void Auditor::Result(const net::Request& request, const net::Response& response,
                     const net::Outcome& outcome) const {
  const Action* action = FindAction(request.route->operation);
  const bool has_data = std::holds_alternative<net::FileBody>(response.body) ||
                        std::holds_alternative<std::unique_ptr<net::BodySource>>(response.body);
  if (action == nullptr || action->result.empty() || !has_data || response.status >= 300) return;
  audit::Event event = EventOf(request, response);
  event.action = action->result;
  event.status = outcome.status;
  for (const auto& [name, value] : FieldsOf(response)) {
    if (name == "principal") continue;
    event.result.emplace_back(name, PlainText(value));
    // What the store sends is not seen here: it counts as read once it was handed out.
    if (name == "bytes_elsewhere") event.bytes_read = std::stoll(value);
  }
  event.result.emplace_back("complete", outcome.complete ? "true" : "false");
  if (request.route->access == net::Access::kSignedLink) {
    event.bytes_read = static_cast<int64_t>(outcome.bytes_out);
  }
  const Status written = log_.Append(event, audit::Sync::kSoon);
  if (!written) {
    log::Failure("request {}: its result is not in the audit log: {} [{}]", request.id,
                 written.error().message, written.error().detail);
  }
}

}  // namespace sluice::server
