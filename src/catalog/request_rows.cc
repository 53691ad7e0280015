#include "catalog/request_rows.h"

#include <utility>

#include "base/json.h"

namespace sluice::catalog {
namespace {

std::string WriteDetails(const AccessRequest& request) {
  json::Array privileges;
  for (const Privilege one : request.privileges) {
    privileges.push_back(json::Value(PrivilegeName(one)));
  }
  json::Object object{{"asker_name", request.asker_name},
                      {"share", request.share},
                      {"table", request.table},
                      {"object", request.object},
                      {"comment", request.comment},
                      {"answer", request.answer},
                      {"answered_by", request.answered_by},
                      {"granted", request.granted}};
  object["privileges"] = std::move(privileges);
  if (request.answered_at) object["answered_at"] = ToUnixMillis(*request.answered_at);
  return json::Serialize(object);
}

std::string TextOf(const json::Object& object, std::string_view name) {
  const json::Value* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

Status ReadDetails(std::string_view text, AccessRequest& request) {
  const auto value = json::Parse(text);
  if (!value || !value->is_object()) {
    return Fail(Code::kCorrupt, "the database holds a row that cannot be read",
                "request " + request.id);
  }
  const json::Object& object = value->get_object();
  request.asker_name = TextOf(object, "asker_name");
  request.share = TextOf(object, "share");
  request.table = TextOf(object, "table");
  request.object = TextOf(object, "object");
  request.comment = TextOf(object, "comment");
  request.answer = TextOf(object, "answer");
  request.answered_by = TextOf(object, "answered_by");
  if (const auto* granted = object.if_contains("granted"); granted && granted->is_bool()) {
    request.granted = granted->get_bool();
  }
  if (const auto* at = object.if_contains("answered_at"); at != nullptr && at->is_int64()) {
    request.answered_at = FromUnixMillis(at->get_int64());
  }
  if (const auto* names = object.if_contains("privileges"); names != nullptr && names->is_array()) {
    for (const json::Value& name : names->get_array()) {
      const auto privilege =
          name.is_string() ? ParsePrivilege(std::string_view(name.get_string())) : std::nullopt;
      if (privilege) request.privileges.push_back(*privilege);
    }
  }
  return {};
}

}  // namespace

db::Migration RequestMigration() {
  return {
      .name = "requests",
      .statements = {"CREATE TABLE access_requests (id TEXT PRIMARY KEY, kind INTEGER NOT NULL, "
                     "status INTEGER NOT NULL, asker TEXT NOT NULL, by_recipient INTEGER NOT NULL, "
                     "created_at INTEGER NOT NULL, details TEXT NOT NULL)"}};
}

Status WriteRequest(db::Session& session, const Id& id, const AccessRequest* request) {
  if (request == nullptr) {
    TRY(session.Run("DELETE FROM access_requests WHERE id = ?", {id}));
    return {};
  }
  TRY(session.Run(
      "INSERT INTO access_requests (id, kind, status, asker, by_recipient, created_at, details) "
      "VALUES (?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (id) DO UPDATE SET status = excluded.status, details = excluded.details",
      {id, static_cast<int64_t>(request->kind), static_cast<int64_t>(request->status),
       request->asker.id, int64_t{request->asker.is_recipient}, ToUnixMillis(request->created_at),
       WriteDetails(*request)}));
  return {};
}

Status ReadRequests(db::Session& session, std::vector<AccessRequestPtr>& requests) {
  return session.Query(
      "SELECT id, kind, status, asker, by_recipient, created_at, details FROM access_requests", {},
      [&](const db::Row& row) -> Status {
        AccessRequest request;
        request.id = TRY(db::Text(row, 0));
        request.kind = static_cast<RequestKind>(TRY(db::Int(row, 1)));
        request.status = static_cast<RequestStatus>(TRY(db::Int(row, 2)));
        request.asker.id = TRY(db::Text(row, 3));
        request.asker.is_recipient = TRY(db::Int(row, 4)) != 0;
        request.created_at = FromUnixMillis(TRY(db::Int(row, 5)));
        TRY(ReadDetails(TRY(db::Text(row, 6)), request));
        requests.push_back(std::make_shared<const AccessRequest>(std::move(request)));
        return {};
      });
}

}  // namespace sluice::catalog
