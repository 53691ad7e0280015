#include "audit/noted_events.h"

#include <utility>
#include <vector>

#include "audit/event_json.h"

namespace sluice::audit {

Status NotedEvents::Add(const Event& event) {
  return database_.Write([&](db::Session& session) -> Status {
    TRY(session.Run("INSERT INTO audit_noted (id, noted_at, event) VALUES (?, ?, ?)",
                    {event.id, ToUnixMillis(event.time), EventJson(event)}));
    return {};
  });
}

Status NotedEvents::MoveTo(Log& log) {
  std::vector<std::pair<std::string, std::string>> waiting;
  TRY(database_.Read([&](db::Session& session) -> Status {
    return session.Query("SELECT id, event FROM audit_noted ORDER BY noted_at, id", {},
                         [&](const db::Row& row) -> Status {
                           std::string id = TRY(db::Text(row, 0));
                           waiting.emplace_back(std::move(id), TRY(db::Text(row, 1)));
                           return {};
                         });
  }));
  for (const auto& [id, text] : waiting) {
    TRY(log.Append(TRY(ParseEvent(text)), Sync::kNow));
    TRY(database_.Write([&](db::Session& session) -> Status {
      TRY(session.Run("DELETE FROM audit_noted WHERE id = ?", {id}));
      return {};
    }));
  }
  return {};
}

}  // namespace sluice::audit
