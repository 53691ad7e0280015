// notify/notifier.h -- tells people what happened.
//
// Two threads: one compares the catalog with what is known of it, after each change and once a
// minute, looks at tables that somebody wants to hear of, and makes the reports that are due; the
// other delivers. Tests call their
// steps instead of Start.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/failure_log.h"
#include "base/result.h"
#include "catalog/catalog.h"
#include "db/database.h"
#include "notify/delivery.h"
#include "notify/posting.h"
#include "notify/reports.h"
#include "notify/rows.h"
#include "notify/states.h"
#include "notify/table_watch.h"
#include "notify/transport.h"

namespace sluice::notify {

inline constexpr std::chrono::days kKeptInInbox{90};
// Of one table at most one of these an hour.
inline constexpr std::chrono::hours kBetweenTableFacts{1};

struct Options {
  Notice notice{};
  std::chrono::seconds table_poll{60};
  CountUsage count_usage{};  // none: no report can be made
  std::string portal_url{};  // where people reach the portal; empty: not known
};

// A destination as somebody makes or changes it; what is not given stays.
struct DestinationChange {
  std::optional<std::string> display_name{};
  std::optional<std::vector<std::string>> addresses{};  // makes it one of mail
  bool webhook = false;                                 // makes it a webhook
  std::optional<std::string> url{};
  std::optional<std::string> username{};
  std::optional<std::string> password{};
};

// A query that was to be answered later, and never will be.
struct FailedQuery {
  std::string recipient{};  // its id
  std::string share{};
  std::string table{};  // "schema.table"
  std::string why{};
};

// Thread-safe.
class Notifier {
 public:
  // All are borrowed; `look` may be called from the notifier's thread at any time.
  // Errors: of the database
  static Result<std::unique_ptr<Notifier>> Open(db::Database& database, catalog::Catalog& catalog,
                                                Transport& transport, LookAtTable look,
                                                const Options& options);
  ~Notifier();

  // Takes note of what changed while nobody looked, and starts the threads.
  Status Start();
  // Something in the catalog, or a report, changed: looks soon.
  void Wake();

  // A recipient was refused again and again; by its name. Never waits.
  void Denied(const std::string& recipient);
  // The share's people and the recipient hear of it: of one table once an hour. Never waits.
  void QueryFailed(FailedQuery query);

  // Its reports; RunDue is a step of the first thread.
  Reports& reports() { return reports_; }

  // The threads' steps.
  Status CompareCatalog(Broken broken = Broken::kIncluded);
  Status PostTold();
  Status LookAtTables();
  // Returns whether others are due.
  Result<bool> Deliver();
  Status DropOld();

  // Inboxes; `holder` is the id of a principal or recipient.
  Result<std::vector<Notification>> Inbox(std::string_view holder, Unread unread,
                                          std::string_view after, size_t most);
  Result<int64_t> UnreadCount(std::string_view holder);
  Status MarkAsRead(std::string_view holder, const std::optional<std::vector<std::string>>& ids);

  // Destinations. Who may is decided by callers.
  struct Made {
    Destination destination;
    std::string signing_key{};  // as it is shown, once; empty: not a webhook
  };
  // Errors: kInvalidArgument
  Result<Made> CreateDestination(const DestinationChange& wanted);
  // Errors: kNotFound, kInvalidArgument
  Result<Destination> UpdateDestination(const std::string& id, const DestinationChange& change);
  Result<std::vector<Destination>> Destinations();
  Result<Destination> FindDestination(const std::string& id);
  Status DeleteDestination(const std::string& id);
  // Errors: of the transport
  Status TestDestination(const std::string& id);

  // Errors: kNotFound  the destination
  Result<Subscription> Subscribe(Subscription wanted);
  Result<std::vector<Subscription>> Subscriptions();
  Status Unsubscribe(const std::string& id);

 private:
  Notifier(db::Database& database, catalog::Catalog& catalog, Transport& transport,
           LookAtTable look, const Options& options);
  Poster Now() const { return {catalog_.random(), catalog_.clock().Now()}; }
  Status PostAll(const std::vector<Fact>& facts, const Known& came,
                 const std::vector<std::string>& gone);
  Status LookAt(const catalog::Picture& picture, const catalog::Securable& table,
                std::vector<Fact>& facts, Known& came);
  Millis RunReports(FailureLog& failures);
  void WatchLoop();
  void DeliverLoop();
  bool Wait(std::condition_variable& wake, Millis at_most, bool& flag);

  db::Database& database_;
  catalog::Catalog& catalog_;
  const LookAtTable look_;
  const Options options_;
  Delivering delivering_;
  Reports reports_;

  std::mutex comparing_;  // over known_
  Known known_;
  std::atomic<bool> has_known_ = false;  // else all there is is taken note of and not told

  std::mutex mutex_;  // over the flags of the threads
  std::condition_variable watch_wake_;
  std::condition_variable deliver_wake_;
  std::vector<std::string> denied_;
  std::vector<FailedQuery> failed_;
  bool changed_ = false;
  bool posted_ = false;
  bool stopping_ = false;
  std::thread watcher_;
  std::thread deliverer_;
};

}  // namespace sluice::notify
