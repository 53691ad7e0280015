// audit/noted_events.h -- events of commands that work beside a server, which alone writes the log.
//
// They wait in the database, which the command changes anyway, for the server that runs or for the
// next one that starts.
#pragma once

#include "audit/event.h"
#include "audit/log.h"
#include "db/database.h"

namespace sluice::audit {

// The database is borrowed.
class NotedEvents {
 public:
  explicit NotedEvents(db::Database& database) : database_(database) {}

  // Before what the event says is done. It has an id and a time.
  Status Add(const Event& event);
  // Those that wait, the oldest first. One that was appended and could not be taken away comes
  // again, with the same id.
  Status MoveTo(Log& log);

 private:
  db::Database& database_;
};

}  // namespace sluice::audit
